// The crash handler's form of the flight recorder and its way back, whole and damaged.
#include <unistd.h>

#include <random>

#include "tests/unit/runtime_observe/flight.hpp"

namespace wippy::observe {
namespace {

using namespace test;

std::string raw_of(const FlightRings& rings, uint64_t now_ns) {
  std::FILE* const file = std::tmpfile();
  EXPECT_TRUE(write_raw_flight(rings, now_ns, ::fileno(file)));
  std::string text(static_cast<std::size_t>(::lseek(::fileno(file), 0, SEEK_END)), '\0');
  EXPECT_EQ(::pread(::fileno(file), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  std::fclose(file);
  return text;
}

std::string refusal_of(const std::string& raw) {
  std::istringstream in(raw);
  FlightCapture c;
  std::string error;
  EXPECT_FALSE(read_raw_flight(in, c, error)) << "taken";
  return error;
}

class FlightRaw : public ::testing::Test {
 protected:
  FlightRaw() {
    auto& a = rings_.take<16>();
    auto& b = rings_.take<8>();
    rings_.set_label(a, "app:processes/0 node 0");
    a.time(1000);
    a.note(FlightKind::kStep, 7);
    const uint64_t message = a.send(8);
    for (uint64_t i = 0; i < 9; ++i) b.time(500 + i);  // lapped
    b.note(FlightKind::kStep, 8);
    b.receive(message);
    raw_ = raw_of(rings_, 2000);
  }
  FlightRings rings_;
  std::string raw_;
};

constexpr std::size_t kFirstRing = 8 + 8 + 4;  // behind magic, time and count

TEST_F(FlightRaw, ComesBack) {
  std::istringstream in(raw_);
  FlightCapture c;
  std::string error;
  ASSERT_TRUE(read_raw_flight(in, c, error)) << error;
  EXPECT_EQ(c.now_ns, 2000u);
  ASSERT_EQ(c.tracks.size(), 2u);
  EXPECT_EQ(c.tracks[0].label, "app:processes/0 node 0");
  EXPECT_EQ(c.tracks[0].events.words, (Words{time_at(1000), step(7), send(8)}));
  EXPECT_EQ(c.tracks[1].events.first, 4u);
  EXPECT_EQ(c.tracks[1].events.words, (Words{time_at(504), time_at(505), time_at(506), time_at(507), time_at(508),
                                             step(8), receive(name(0, 2))}));
  EXPECT_EQ(expect_sound(events_of(c)), 1u);
}

TEST_F(FlightRaw, IsRefusedWhereverItIsCut) {
  for (std::size_t n = 0; n < raw_.size(); ++n) {
    const std::string error = refusal_of(raw_.substr(0, n));
    if (n < 8) {
      EXPECT_EQ(error, "not a flight recording") << n;
    } else {
      EXPECT_EQ(error.rfind("the file ends in ", 0), 0u) << n << ' ' << error;
    }
  }
  EXPECT_EQ(refusal_of(raw_ + "x"), "something follows the last ring");
}

TEST_F(FlightRaw, SaysWhatIsDamaged) {
  const auto with = [this](std::size_t at, char byte) {
    std::string damaged = raw_;
    damaged[at] = byte;
    return refusal_of(damaged);
  };
  EXPECT_EQ(with(0, 'X'), "not a flight recording");
  EXPECT_EQ(with(8 + 8 + 3, '\x7f'), "an impossible number of rings");
  EXPECT_EQ(with(kFirstRing, 5), "ring 0 has another number");
  EXPECT_EQ(with(kFirstRing + 4, 3), "ring 0 has an impossible size");
  EXPECT_EQ(with(kFirstRing + 7, 2), "ring 0 has an impossible size");
  EXPECT_EQ(with(kFirstRing + 15, 1), "ring 0 has an impossible position");
  EXPECT_EQ(with(kFirstRing + 6, 1).rfind("ring 0 has an impossible size", 0), 0u);
}

// Whatever lies in the file: an error, or a recording from which a sound file can be written.
TEST_F(FlightRaw, RandomBytesAreRefusedOrReadable) {
  std::mt19937_64 random(1);
  int taken = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string bytes = raw_;
    for (uint64_t k = random() % 12; k > 0; --k) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    std::istringstream in(bytes);
    FlightCapture c;
    std::string error;
    if (read_raw_flight(in, c, error)) {
      ++taken;
      expect_sound(events_of(c));
    } else {
      EXPECT_FALSE(error.empty());
    }
    if (HasFailure()) FAIL() << "round " << i;
  }
  EXPECT_GT(taken, 500) << "too few got behind the checks to say anything";
}

TEST_F(FlightRaw, AClosedFileIsNotWhole) { EXPECT_FALSE(write_raw_flight(rings_, 2000, -1)); }

}  // namespace
}  // namespace wippy::observe
