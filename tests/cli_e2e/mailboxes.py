"""Bounded mailboxes from scripts: docs/internals/mailbox-limits.md."""

from e2e import case
import e2e
from projects import PROCESS_HOST, TERMINAL, project

# Takes nothing for 100 ms, then everything, and returns it as text.
LATE = """
local mail = process.listen("n")
time.sleep("100ms")
local got, n, sum = {}, 0, 0
while true do
  local r = channel.select{ mail:case_receive(), time.after("100ms"):case_receive() }
  if r.channel ~= mail then break end
  n = n + 1
  got[#got + 1] = r.value
end
return { first = got[1], last = got[#got], count = #got }
"""
# Sends 1..30, prints how many were taken and the first error, then what the receiver got.
SEND = """
local pid = assert(process.spawn_monitored("app:late", "app:processes"))
local ok, why = 0, nil
for i = 1, 30 do
  local sent, err = process.send(pid, "n", i)
  if sent then ok = ok + 1 elseif not why then why = err:kind() .. ": " .. tostring(err) end
end
print("sent", ok, why or "no error")
local e = process.events():receive()
if e.result.error then print("ended", tostring(e.result.error)) return end
local v = e.result.value
print("got", v.count, v.first, v.last)
"""


def sent_to(mailbox, body=SEND, hosts=PROCESS_HOST + TERMINAL, flags=(), late=LATE):
    return e2e.run(project({"it": body, "late": (mailbox and f"mailbox: {mailbox}", late)}, hosts=hosts), "run", *flags,
                   "-x", "app:it")


@case("mailbox fail_sender: RateLimited, may be retried")
def fail_sender():
    sent_to("{max_messages: 10}").exits(0).prints("sent\t10\tRateLimited: mailbox is full\ngot\t10\t1\t10\n")


@case("mailbox drop_newest: the first ones stay")
def drop_newest():
    sent_to("{max_messages: 10, policy: drop_newest}").exits(0).prints("sent\t30\tno error\ngot\t10\t1\t10\n")


@case("mailbox drop_oldest: the last ones stay, also those that the script has not received yet")
def drop_oldest():
    body = SEND.replace("for i = 1, 30 do", "for i = 1, 30 do\n  time.sleep('1ms')")
    sent_to("{max_messages: 10, policy: drop_oldest}", body, late=LATE.replace("sleep(\"100ms\")", "sleep(\"1s\")")).exits(0).prints("sent\t30\tno error\ngot\t10\t21\t30\n")


@case("mailbox exit_receiver: it ends with the reason")
def exit_receiver():
    done = sent_to("{max_messages: 10, policy: exit_receiver}").exits(0)
    done.check("ended\tmailbox limit exceeded" in done.out, "the reason")


@case("mailbox block: the sender waits, its other coroutines go on, nothing is lost")
def block():
    body = ("local ticks = 0\ncoroutine.spawn(function() while true do time.sleep('5ms') ticks = ticks + 1 end end)\n"
            + SEND + 'print("ticks", ticks > 5)')
    sent_to("{max_messages: 10, policy: block, deadline: 5s}", body).exits(0).prints(
        "sent\t30\tno error\ngot\t30\t1\t30\nticks\ttrue\n")


@case("mailbox block: the deadline ends the wait; the message is the one that was sent")
def block_deadline():
    body = """
local pid = assert(process.spawn_monitored("app:late", "app:processes"))
local t = { 1 }
assert(process.send(pid, "n", t))
coroutine.spawn(function() time.sleep('1ms') t[1] = 2 end)
local ok, err = process.send(pid, "n", t)
print(ok, err and err:kind(), err and err:retryable())
coroutine.spawn(function() time.sleep('1ms') t[1] = 3 end)
print(process.send(pid, "n", t))
local v = process.events():receive().result.value
print(v.count, v.first[1], v.last[1])
"""
    sent_to("{max_messages: 1, policy: block, deadline: 60ms}", body).exits(0).prints(
        "nil\tRateLimited\ttrue\ntrue\n2\t1\t2\n")


@case("mailbox block: a sender that is ended meanwhile leaves nothing; the receiver's end is told")
def block_ends():
    body = """
local pid = assert(process.spawn("app:late", "app:processes"))
local full = assert(process.spawn_monitored("app:full", "app:processes", pid))
time.sleep("20ms")
process.terminate(full)
print(process.events():receive().result.error)
coroutine.spawn(function() time.sleep("10ms") process.terminate(pid) end)
local ok, err = process.send(pid, "n", 2)
print(ok, err and err:kind())
"""
    app = project({"it": body, "late": ("mailbox: {max_messages: 1, policy: block, deadline: 30s}", 'time.sleep("60s")'),
                   "full": 'local to = ...\nprocess.send(to, "n", 1)\nprocess.send(to, "n", 2)'})
    e2e.run(app, "run", "-x", "app:it").exits(0).prints("process terminated\nnil\tNotFound\n")


@case("mailbox: a host's limit holds for entries without one; the report names process, entry and senders")
def host_limit():
    hosts = PROCESS_HOST.replace("host: {workers: 2}", "host: {workers: 2}, mailbox: {max_messages: 5, policy: drop_newest}")
    done = sent_to("", hosts=hosts + TERMINAL, flags=("-c",)).exits(0).prints("sent\t30\tno error\ngot\t5\t1\t5\n")
    done.says(r"warn .*app:late .*mailbox is over its limit.*pid=\{app:processes\|0x\w+\}.*messages=5.*top_senders=.*\{app:terminal\|0x\w+\} 5")
