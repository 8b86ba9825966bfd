// libs: wippy_lua wippy_runtime
// Channels and select (spec/process.md §3.1-3.3, conformance Q).
#include "tests/unit/lua/engine_fixture.hpp"

namespace wippy::lua::test {
namespace {

class Channels : public ::testing::Test {
 protected:
  LuaNode node;
};

TEST_F(Channels, C242_BufferTakesItsSizeThenBlocks) {
  EXPECT_EQ(node.run(R"(local ch, log = channel.new(3), {}
    coroutine.spawn(function() for i = 1, 4 do ch:send(i) log[#log + 1] = "s" .. i end end)
    coroutine.yield()
    local before = #log
    local v = ch:receive()
    coroutine.yield()
    return before, v, #log)"),
            "3 1 4 ");
}

TEST_F(Channels, C243_UnbufferedSendWaitsForItsReceiver) {
  EXPECT_EQ(node.run(R"(local ch, sent = channel.new(), false
    coroutine.spawn(function() sent = ch:send("v") end)
    coroutine.yield() coroutine.yield()
    local before = sent
    local v, ok = ch:receive()
    coroutine.yield()
    return before, v, ok, sent)"),
            "false 'v' true true ");
}

TEST_F(Channels, C245_CloseKeepsBufferedValues) {
  EXPECT_EQ(node.run(R"(local ch = channel.new(2) ch:send(1) ch:send(2) ch:close() ch:close()
    local a, b, c = {ch:receive()}, {ch:receive()}, table.pack(ch:receive())
    return a[1], a[2], b[1], c.n, c[1], c[2], select(2, ch:receive()))"),
            "1 true 2 2 nil false false ");
}

TEST_F(Channels, C246_SendOnClosedRaises) {
  EXPECT_EQ(node.run(R"(local ch = channel.new() ch:close()
    local ok, e = pcall(ch.send, ch, 1) return ok, (e:find("send on closed channel", 1, true)) ~= nil)"),
            "false true ");
}

TEST_F(Channels, C248_C249_CloseWakesReceiverAndSender) {
  EXPECT_EQ(node.run(R"(local a, b, log = channel.new(), channel.new(), {}
    coroutine.spawn(function() local v, ok = a:receive() log[#log + 1] = tostring(v) .. tostring(ok) end)
    coroutine.spawn(function() local ok, e = pcall(b.send, b, 1) log[#log + 1] = tostring(ok) .. tostring(e):match("send on closed channel") end)
    coroutine.yield() a:close() b:close() coroutine.yield() coroutine.yield()
    return log[1], log[2])"),
            "'nilfalse' 'falsesend on closed channel' ");
}

TEST_F(Channels, C250_FifoThroughBuffer) {
  EXPECT_EQ(node.run(R"(local ch, got = channel.new(5), {}
    coroutine.spawn(function() for i = 1, 10 do ch:send(i) end ch:close() end)
    while true do local v, ok = ch:receive() if not ok then break end got[#got + 1] = v end
    return table.concat(got, ","))"),
            "'1,2,3,4,5,6,7,8,9,10' ");
}

TEST_F(Channels, C251_ReceiversInOrder) {
  EXPECT_EQ(node.run(R"(local ch, log = channel.new(), {}
    for i = 1, 3 do coroutine.spawn(function() local v = ch:receive() log[#log + 1] = i .. v end) end
    coroutine.yield() ch:send("a") ch:send("b") ch:send("c") coroutine.yield()
    return table.concat(log, " "))"),
            "'1a 2b 3c' ");
}

TEST_F(Channels, C252_NilAndFalseTravel) {
  EXPECT_EQ(node.run(R"(local ch = channel.new(2) ch:send(nil) ch:send(false)
    local a, aok = ch:receive() local b, bok = ch:receive()
    coroutine.spawn(function() ch:send(nil) end)
    local c, cok = ch:receive()
    return a, aok, b, bok, c, cok)"),
            "nil true false true nil true ");
}

TEST_F(Channels, C253_SelectResult) {
  EXPECT_EQ(node.run(R"(local a, b = channel.new(), channel.new(1) b:send("x")
    local r = channel.select{a:case_receive(), b:case_receive()}
    return r.channel == b, r.value, r.ok, r.default)"),
            "true 'x' true nil ");
}

TEST_F(Channels, C254_SelectSends) {
  EXPECT_EQ(node.run(R"(local b = channel.new(1)
    local r = channel.select{b:case_send("x")}
    return r.channel == b, r.value, r.ok, b:receive())"),
            "true 'x' true 'x' true ");
}

TEST_F(Channels, C255_C256_C257_ClosedAndDefault) {
  EXPECT_EQ(node.run(R"(local a, b = channel.new(), channel.new(1) a:close()
    local r = channel.select{a:case_receive()}
    local d = channel.select{b:case_receive(), default = true}
    local e = channel.select({b:case_receive()}, true)
    b:send(7)
    local f = channel.select{b:case_receive(), default = true}
    return r.ok, r.value, r.channel == a, d.default, d.ok, d.channel, e.default, f.value, f.default)"),
            "false nil true true true nil true 7 nil ");
}

TEST_F(Channels, C258_C259_FirstReadyWinsOthersLoseNothing) {
  EXPECT_EQ(node.run(R"(local a, b = channel.new(1), channel.new(1) a:send(1) b:send(2)
    local r = channel.select{b:case_receive(), a:case_receive()}
    return r.value, a:receive())"),
            "2 1 true ");
}

TEST_F(Channels, C260_BlockedSelectWakesOnClose) {
  EXPECT_EQ(node.run(R"(local a, b = channel.new(), channel.new()
    coroutine.spawn(function() b:close() end)
    local r = channel.select{a:case_receive(), b:case_receive()}
    return r.channel == b, r.ok, r.value)"),
            "true false nil ");
}

TEST_F(Channels, C261_C262_Misuse) {
  EXPECT_EQ(node.run(R"(local a = channel.new() a:close()
    local t = {}
    t[1] = pcall(channel.select, {42}) t[2] = pcall(channel.select, {}) t[3] = pcall(channel.select, {a:case_send(1)})
    t[4] = pcall(channel.new, "x") t[5] = pcall(channel.select, {a}) t[6] = pcall(a.receive, {})
    local n = channel.new(-1)
    return t[1], t[2], t[3], t[4], t[5], t[6], channel.select({n:case_send(1)}, true).default)"),
            "false false false false false false true ");
}

TEST_F(Channels, BlockedSelectIsWithdrawnFromLosers) {
  EXPECT_EQ(node.run(R"(local a, b, c, d, e = channel.new(), channel.new(), channel.new(), channel.new(), channel.new()
    coroutine.spawn(function() c:send("c") end)
    local r = channel.select{a:case_receive(), b:case_send("lost"), c:case_receive(), d:case_receive(), e:case_send(1)}
    local x = channel.select{b:case_receive(), e:case_receive(), default = true}
    local y = channel.select{a:case_send(1), d:case_send(1), default = true}
    return r.value, x.default, y.default)"),
            "'c' true true ");
}

TEST_F(Channels, BlockedSelectSendsWhenAReceiverComes) {
  EXPECT_EQ(node.run(R"(local a, b, got = channel.new(), channel.new(), nil
    coroutine.spawn(function() got = b:receive() end)
    coroutine.spawn(function() coroutine.yield() end)
    local r = channel.select{a:case_send("a"), b:case_send("b")}
    coroutine.yield()
    return r.channel == b, r.value, got)"),
            "true 'b' 'b' ");
}

TEST_F(Channels, SelectTwiceTheSameChannelMixed) {
  EXPECT_EQ(node.run(R"(local a, log = channel.new(), {}
    coroutine.spawn(function() local r = channel.select{a:case_send("from1"), a:case_receive()} log[1] = tostring(r.value) end)
    local r = channel.select{a:case_receive(), a:case_send("from2")}
    coroutine.yield()
    return r.value, log[1])"),
            "'from1' 'from1' ");
}

TEST_F(Channels, ManyCasesUseTheHeap) {
  EXPECT_EQ(node.run(R"(local cs, cases = {}, {}
    for i = 1, 100 do cs[i] = channel.new() cases[i] = cs[i]:case_receive() end
    coroutine.spawn(function() collectgarbage() cs[77]:send("v77") end)
    local r = channel.select(cases)
    return r.value, r.channel == cs[77])"),
            "'v77' true ");
}

TEST_F(Channels, MailboxViewsServeOldestFirst) {
  EXPECT_EQ(node.run(R"(local inbox, events = test.view("inbox"), test.view("events")
    test.post("i1") test.post("e1") test.post("i2")
    test.sleep(1)
    local log = {}
    for i = 1, 3 do log[i] = channel.select{events:case_receive(), inbox:case_receive()}.value end
    log[4] = channel.select{events:case_receive(), inbox:case_receive(), default = true}.default
    return table.concat(log, " ", 1, 3), log[4])"),
            "'i1 e1 i2' true ");
}

TEST_F(Channels, OrdinaryReadyCaseBeforeAView) {
  EXPECT_EQ(node.run(R"(local inbox, ch = test.view("inbox"), channel.new(1)
    test.post("i1") ch:send("c") test.sleep(1)
    local r = channel.select{ch:case_receive(), inbox:case_receive()}
    local q = channel.select{inbox:case_receive(), ch:case_receive()}
    return r.value, q.value)"),
            "'c' 'i1' ");
}

TEST_F(Channels, MailWakesBlockedReceivers) {
  EXPECT_EQ(node.run(R"(local inbox, out = test.view("inbox"), channel.new(10)
    for i = 1, 3 do coroutine.spawn(function() out:send(i .. inbox:receive()) end) end
    test.sleep(1)
    test.post("a") test.post("b") test.post("c")
    return (out:receive()), (out:receive()), (out:receive()))"),
            "'1a' '2b' '3c' ");
}

// The select is woken for the item, but finds an earlier case ready when it runs: the item is the other receiver's.
TEST_F(Channels, ASelectThatTakesSomethingElsePassesTheItemOn) {
  EXPECT_EQ(node.run(R"(local inbox, ch, log = test.view("inbox"), channel.new(1), {}
    coroutine.spawn(function() log[1] = channel.select{ch:case_receive(), inbox:case_receive()}.value end)
    coroutine.spawn(function() log[2] = inbox:receive() end)
    test.sleep(1)
    test.post("item")
    coroutine.spawn(function() ch:send("ch") end)
    test.sleep(5)
    return log[1], log[2])"),
            "'ch' 'item' ");
}

TEST_F(Channels, SendOnAViewRaises) {
  EXPECT_EQ(node.run(R"(local inbox = test.view("inbox") return (pcall(inbox.send, inbox, 1)))"), "false ");
}

TEST_F(Channels, TextHasNoAddress) {
  const std::string text =
      node.run("local c = channel.new() return tostring(c), tostring(c), tostring({}), tostring(print)");
  EXPECT_EQ(text, "'channel: 0x00000001' 'channel: 0x00000001' 'table: 0x00000002' 'function: 0x00000003' ");
}

}  // namespace
}  // namespace wippy::lua::test
