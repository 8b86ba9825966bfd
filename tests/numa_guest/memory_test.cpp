// Where the memory of processes lies: blocks, coroutine frames, slab items of every class, Lua heaps and messages are on the
// node of the worker that asked for them; when the runtime is new, and after every worker has freed what belongs to others.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "memory/slab.hpp"
#include "tests/numa_guest/feast.hpp"
#include "tests/numa_guest/lua_heap.hpp"
#include "tests/numa_guest/pages.hpp"

namespace wippy::guest {

namespace {

constexpr uint32_t kNatives = 500;  // of each worker
constexpr uint32_t kLuas = 12;
constexpr uint32_t kItems = 8;  // of each slab class

const void* block_of(NodeCore& node, Pid pid) { return node.blocks().at(pid_index(pid)); }

// --- a process whose frame does not fit its block

using Spot = const volatile void*;

Behavior sitter(Context& self, Spot* frame, Atomic<uint32_t>* seated) {
  volatile char large[300];
  large[0] = 1;
  *frame = large;
  seated->fetch_add_acq_rel(1);  // partner: Memory's wait
  Message m = co_await receive(self);
  large[1] = large[0];
}

// --- everything a worker can ask for

struct Places {  // by worker, so that each writes its own
  Sample blocks[kCpus], items[kCpus], lua[kCpus];
  std::vector<Spot> frames[kCpus];
  Atomic<uint32_t> seated{0};
};

void take_items(Sample& sample, uint32_t home) {
  struct Item {
    void* p;
    uint32_t c;
  };
  std::vector<Item> held;
  for (uint32_t c = 0; c < kSlabClasses; ++c) {
    for (uint32_t i = 0; i < kItems; ++i) {
      auto* p = static_cast<char*>(slab_allocate(c));
      ASSERT_NE(p, nullptr);
      for (std::size_t at = 0; at < slab_class_bytes(c); at += 2048) {
        p[at] = 1;  // a page is somewhere only when it has been written
        sample.add(p + at, home);
      }
      held.push_back({p, c});
    }
  }
  for (const Item& item : held) slab_free(item.p, item.c);
}

void fill(Context& self, Worker& worker, LuaScript& script, Places& places) {
  const uint32_t w = worker.index();
  const uint32_t home = node_of_worker(w);
  places.frames[w].resize(kNatives);
  for (uint32_t i = 0; i < kNatives; ++i) {
    const SpawnResult r = spawn_native(self, {}, &sitter, &places.frames[w][i], &places.seated);
    ASSERT_TRUE(r.status.ok());
    places.blocks[w].add(block_of(self.node(), r.pid), home);
  }
  take_items(places.items[w], home);
  for (uint32_t i = 0; i < kLuas; ++i) {
    std::vector<const void*> objects;
    const SpawnResult r = script.spawn_staying(self, objects);
    ASSERT_TRUE(r.status.ok()) << r.error_text;
    places.blocks[w].add(block_of(self.node(), r.pid), home);
    for (const void* p : objects) places.lua[w].add(p, home);
  }
}

// Chunks are slab items, and a node's slab is 64 GiB of address space, used from its start.
void split(const Sample& lua, const Sample& items, Sample& chunks, Sample& large) {
  constexpr std::ptrdiff_t kReach = std::ptrdiff_t{1} << 30;
  const auto in_slab = [&items](const char* p) {
    for (const std::vector<const void*>& of_node : items.on_node) {
      const std::ptrdiff_t d = p - static_cast<const char*>(of_node.front());
      if (d > -kReach && d < kReach) return true;
    }
    return false;
  };
  for (uint32_t n = 0; n < kNodes; ++n) {
    for (const void* p : lua.on_node[n]) (in_slab(static_cast<const char*>(p)) ? chunks : large).add(p, n);
  }
}

void expect_everything_at_home(Team& team, LuaScript& script, const char* when) {
  Places places;
  team.on_every_worker([&](Context& self, Worker& worker) { fill(self, worker, script, places); });
  team.wait_until([&] { return places.seated.load_acquire() == kCpus * kNatives; }, "not everybody sits");  // sitter
  Sample blocks, frames, items, lua;
  for (uint32_t w = 0; w < kCpus; ++w) {
    blocks.add(places.blocks[w]);
    items.add(places.items[w]);
    lua.add(places.lua[w]);
    for (const Spot frame : places.frames[w]) frames.add(const_cast<const void*>(frame), node_of_worker(w));
  }
  const auto name = [when](const char* what) { return std::string(what) + ", " + when; };
  expect_all_right(name("process blocks").c_str(), blocks, 100);
  expect_all_right(name("coroutine frames").c_str(), frames, 100);
  expect_all_right(name("slab items of all classes").c_str(), items, 100);
  Sample chunks, large;
  split(lua, items, chunks, large);
  expect_all_right(name("Lua objects in arena chunks").c_str(), chunks, 100);
  // Blocks over 1 KiB come from malloc (memory/arena.hpp), which knows no nodes: shown, not promised.
  static_cast<void>(judge(name("Lua objects from malloc").c_str(), large));
  team.clear();
}

// --- messages, and frees on foreign nodes

constexpr uint32_t kReaders = 20;  // of each worker but the thief
constexpr uint32_t kMessages = 5;

struct Mail : Feast {
  Sample bodies;  // written by the thief alone
};

Behavior reader(Context& self, Mail* mail, uint32_t sender) {
  for (uint32_t i = 0; i < kMessages; ++i) {
    Message m = co_await receive(self);
    if (Worker::current()->index() == mail->thief) mail->bodies.add(m.body().data(), node_of_worker(sender));
  }
  mail->count();
}

// Everybody spawns and sends, one other runs and frees it all.
void feed(Team& team, LuaScript& script, Mail& mail) {
  hold_feast(team, mail, [&](Context& self, Worker& worker) {
    for (uint32_t i = 0; i < kReaders; ++i) {
      const SpawnResult r = spawn_native(self, {}, &reader, &mail, uint32_t{worker.index()});
      EXPECT_TRUE(r.status.ok());
      for (uint32_t m = 0; m < kMessages; ++m) EXPECT_TRUE(send(self, r.pid, "number", m).ok());
    }
    EXPECT_TRUE(script.spawn_ending(self).status.ok());
    return kReaders + 1;
  });
}

TEST(Memory, MessagesAndFreedMemoryStayAtHome) {
  LuaScript script;  // outlives its processes
  Team team;
  expect_everything_at_home(team, script, "new");
  Sample bodies;
  for (int round = 0; round < 3; ++round) {
    for (uint32_t thief = 0; thief < kCpus; ++thief) {
      Mail mail;
      mail.thief = thief;
      script.ends_in(&mail);
      feed(team, script, mail);
      bodies.add(mail.bodies);
    }
  }
  expect_all_right("messages, as their receiver sees them", bodies, 8);
  team.clear();
  script.ends_in(nullptr);
  expect_everything_at_home(team, script, "after foreign frees");
}

}  // namespace

}  // namespace wippy::guest
