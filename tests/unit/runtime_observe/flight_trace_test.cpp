// The flight recorder's file: whatever was recorded, arrows have both ends and point forward, steps do not overlap.
#include "runtime/observe/flight_trace.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "tests/unit/runtime_observe/flight.hpp"

namespace wippy::observe {
namespace {

using namespace test;

TEST(FlightTrace, AMessageIsAnArrowBetweenTwoSteps) {
  const auto events = events_of(capture_of(
      {{time_at(1000), step(7), send(8), time_at(2000)}, {time_at(1000), step(8), receive(name(0, 2)), time_at(9000)}},
      9000));
  EXPECT_EQ(expect_sound(events), 1u);
  EXPECT_EQ(with_phase(events, "s")[0].at("tid"), 0);
  EXPECT_EQ(with_phase(events, "f")[0].at("tid"), 1);
  const auto steps = with_phase(events, "X");
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0].at("name"), "p7");
  EXPECT_EQ(steps[1].at("name"), "p8");
}

TEST(FlightTrace, HalfAnArrowIsNotWritten) {
  const auto events = events_of(capture_of({{time_at(1000), step(1), send(2), receive(name(1, 99)), time_at(2000)},
                                            {time_at(1000), step(2), receive(name(0, 1)), receive(name(4000, 1))}},
                                           3000));
  EXPECT_EQ(expect_sound(events), 0u);
  const auto instants = with_phase(events, "i");
  ASSERT_EQ(instants.size(), 4u);
  EXPECT_EQ(instants[0].at("name"), "send");
  EXPECT_EQ(instants[0].at("args").at("to"), "p2");
}

// Spread evenly, each of the four steps would have a quarter of the millisecond.
TEST(FlightTrace, ALongStepHasTheTimeBeforeItsReading) {
  const uint64_t long_step_ended = word(FlightKind::kLongStep, 1'001'000);
  const auto events = events_of(capture_of(
      {{time_at(1000), step(1), step(2), step(3), step(4), send(5), long_step_ended, step(6), time_at(1'002'000)}},
      1'002'000));
  expect_sound(events);
  const auto steps = with_phase(events, "X");
  ASSERT_EQ(steps.size(), 5u);
  EXPECT_EQ(steps[3].at("name"), "p4");
  EXPECT_GT(ns_of(steps[3].at("dur")), 999'000);
  for (const int i : {0, 1, 2, 4}) EXPECT_LE(ns_of(steps[static_cast<std::size_t>(i)].at("dur")), 1000) << i;
}

TEST(FlightTrace, OneSendHasOneReceive) {
  const auto events = events_of(capture_of(
      {{time_at(1000), step(1), send(2), step(2), receive(name(0, 2)), receive(name(0, 2)), time_at(2000)}}, 2000));
  EXPECT_EQ(expect_sound(events), 1u);
}

// By position alone the receive would be guessed at 1000 + 1/3 of 30 ns, long before the send at 1900.
TEST(FlightTrace, AnArrivalWaitsForItsSend) {
  Words sender{time_at(1000)};
  for (int i = 0; i < 8; ++i) sender.push_back(step(1));
  sender.push_back(send(2));  // position 9
  sender.push_back(time_at(2000));
  const FlightCapture c =
      capture_of({sender, {time_at(1000), step(2), receive(name(0, 9)), step(2), step(2), time_at(2000)}}, 2000);
  EXPECT_EQ(expect_sound(events_of(c)), 1u);
  const FlightTimes times(c);
  EXPECT_EQ(times.events()[9].ns, 1900);
  EXPECT_EQ(times.events()[times.begin(1) + 2].ns, 1901);
}

// The receiver looked at the clock at 1100, so the send cannot have been at its guess of 1900.
TEST(FlightTrace, ASendIsNotLaterThanTheReceiverKnows) {
  Words sender{time_at(1000)};
  for (int i = 0; i < 8; ++i) sender.push_back(step(1));
  sender.push_back(send(2));  // position 9
  sender.push_back(time_at(2000));
  const FlightCapture c = capture_of({sender, {time_at(1000), step(2), receive(name(0, 9)), time_at(1100)}}, 2000);
  EXPECT_EQ(expect_sound(events_of(c)), 1u);
  const FlightTimes times(c);
  EXPECT_EQ(times.events()[9].ns, 1098);
  EXPECT_EQ(times.events()[times.begin(1) + 3].ns, 1100) << "a reading of the clock moved";
}

TEST(FlightTrace, ClocksThatDisagreeLoseToTheOrder) {
  EXPECT_EQ(expect_sound(events_of(capture_of({{time_at(5000), step(1), send(2), time_at(6000)},
                                               {time_at(1000), step(2), receive(name(0, 2)), time_at(1100)}},
                                              6000))),
            1u);
}

TEST(FlightTrace, ACircleOfArrowsIsTakenApart) {
  const auto events = events_of(capture_of(
      {{time_at(1000), step(1), receive(name(1, 3)), send(2)}, {time_at(1000), step(2), receive(name(0, 3)), send(1)}},
      2000));
  EXPECT_EQ(expect_sound(events), 1u);
}

TEST(FlightTrace, WithoutAClockReadingNothingIsKnown) {
  const auto events = events_of(capture_of({{step(1), send(2)}, {}}, 1000));
  EXPECT_EQ(with_phase(events, "M").size(), events.size());
}

TEST(FlightTrace, AStepEndsWhereTheThreadLooksAtTheClock) {
  const auto events = events_of(capture_of({{time_at(1000), step(1), time_at(1500), word(FlightKind::kPark, 0),
                                             time_at(9000), word(FlightKind::kUnpark, 0), step(2), time_at(9999)}},
                                           10000));
  expect_sound(events);
  const auto steps = with_phase(events, "X");
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(ns_of(steps[0].at("ts")) + ns_of(steps[0].at("dur")), 500);
}

TEST(FlightTrace, NanosecondsSurviveAYearOfUptime) {
  const uint64_t year_ns = 31'536'000'000'000'001;
  const FlightCapture c = capture_of(
      {{time_at(year_ns), word(FlightKind::kPark, 0), time_at(year_ns + 1'234'567), word(FlightKind::kUnpark, 0)}},
      year_ns + 2'000'000);
  const std::string text = text_of(c);
  EXPECT_NE(text.find("\"ts\":1234.587"), std::string::npos) << text;
  EXPECT_NE(text.find("31536000000000"), std::string::npos) << text;
}

TEST(FlightTrace, NamesKeepAllTheirBits) {
  FlightCapture c = capture_of({{time_at(1000), step(1), send(2), send(2), step(2), receive(name(4095, 1000002)),
                                 receive(name(4095, 1000003)), time_at(2000)}},
                               2000, 1000000);
  c.tracks[0].index = 4095;
  EXPECT_EQ(expect_sound(events_of(c)), 2u);
}

TEST(FlightTrace, TracksHaveTheirLabelsWhateverTheBytes) {
  FlightCapture c = capture_of({{}, {}, {}}, 1000);
  c.tracks[1].label = "app:processes/1 node 0";
  c.tracks[2].label = "\"\xff\n";
  std::vector<std::string> labels;
  for (const auto& e : events_of(c)) {
    if (e.at("name") == "thread_name") labels.push_back(e.at("args").at("name"));
  }
  EXPECT_EQ(labels, (std::vector<std::string>{"thread 0", "app:processes/1 node 0", "\"\xEF\xBF\xBD\n"}));
}

TEST(FlightTrace, FilesComeByWayOfATemporary) {
  const auto folder = std::filesystem::temp_directory_path() / ("wippy-flight-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::string error;
  const auto pid_text = [](uint64_t) { return std::string("p"); };
  EXPECT_TRUE(write_chrome_trace(capture_of({{}}, 1), pid_text, (folder / "file").string(), error)) << error;
  EXPECT_FALSE(write_chrome_trace(capture_of({{}}, 1), pid_text, (folder / "no" / "file").string(), error));
  EXPECT_NE(error.find("cannot write"), std::string::npos) << error;
  std::filesystem::create_directory(folder / "taken");
  EXPECT_FALSE(write_chrome_trace(capture_of({{}}, 1), pid_text, (folder / "taken").string(), error));
  EXPECT_NE(error.find("cannot rename"), std::string::npos) << error;
  EXPECT_FALSE(std::filesystem::exists(folder / "taken.part"));
  std::filesystem::remove_all(folder);
}

// Any words at all, with names that often meet a send.
RC_GTEST_PROP(FlightTraceRandom, IsSound, ()) {
  const auto tracks = *rc::gen::inRange<std::size_t>(1, 4);
  std::vector<Words> all(tracks);
  for (Words& words : all) {
    const auto n = *rc::gen::inRange<std::size_t>(0, 60);
    for (std::size_t i = 0; i < n; ++i) {
      const auto kind = static_cast<FlightKind>(*rc::gen::inRange(0, 13));  // two more than there are
      uint64_t value = *rc::gen::inRange<uint64_t>(0, 5000);
      if (kind == FlightKind::kReceive)
        value = name(*rc::gen::inRange<uint64_t>(0, tracks), *rc::gen::inRange<uint64_t>(0, 60));
      words.push_back(word(kind, value));
    }
  }
  const std::size_t arrows = expect_sound(events_of(capture_of(all, *rc::gen::inRange<uint64_t>(0, 6000))));
  RC_TAG(arrows == 0 ? "none" : arrows < 4 ? "some" : "many");
  RC_ASSERT(!::testing::Test::HasFailure());
}

}  // namespace
}  // namespace wippy::observe
