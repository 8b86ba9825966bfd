// The local zone of scripts is the system's: time and os agree in zones that are not UTC (C-287, C-307).
#include <gtest/gtest.h>

#include "tests/support/local_zone.hpp"
#include "tests/unit/lua_process/lua_node.hpp"

namespace wippy::lua::test {
namespace {

constexpr const char* kScript = R"(
return { main = function()
  for unix = -5000000000, 9000000000, 7654321 do
    local a = time.unix(unix)
    local shown = a:format("2006-01-02 15:04:05 -0700 MST")
    if shown ~= os.date("%Y-%m-%d %H:%M:%S %z %Z", unix) then return shown .. " / " .. os.date("%F %T %z %Z", unix) end
    local p = os.date("*t", unix)
    local back = time.date(p.year, p.month, p.day, p.hour, p.min, p.sec, 0)
    if os.date("%F %T", back:unix()) ~= os.date("%F %T", unix) then return "back: " .. shown end
    if not time.parse("2006-01-02 15:04:05 -0700", a:format("2006-01-02 15:04:05 -0700")):equal(a) then
      if a:format("-07:00:00"):sub(-2) == "00" then return "parse: " .. shown end
    end
  end
  local d = time.date(2024, 7, 1, 12, 0, 0, 0)
  if d:location():string() ~= "Local" or time.localtz:string() ~= "Local" then return "name" end
  if d:utc():in_local():hour() ~= 12 or d:in_location(time.localtz):hour() ~= 12 then return "hour" end
  if time.parse(time.DATE_TIME, "2024-07-01 12:00:00"):unix() ~= d:unix() then return "default of parse" end
  return d:utc():format("15:04 MST") .. d:format(" -0700 MST")
end }
)";

std::string run_in(const char* tz) {
  const LocalZone zone(tz);
  LuaNode node;
  node.make_current();
  ScriptEntry e;
  e.id = "app.test:local";
  e.modules = {"time"};
  e.source = kScript;
  EXPECT_EQ(node.add(e), "");
  return node.run(e.id).text;
}

TEST(LocalZoneOfScripts, AgreesWithOs) {
  EXPECT_EQ(run_in("America/New_York"), "16:00 UTC -0400 EDT");
  EXPECT_EQ(run_in("Asia/Kathmandu"), "06:15 UTC +0545 +0545");
  EXPECT_EQ(run_in("Australia/Lord_Howe"), "01:30 UTC +1030 +1030");
  EXPECT_EQ(run_in("CET-1CEST,M3.5.0,M10.5.0/3"), "10:00 UTC +0200 CEST");  // a rule, not a name
  EXPECT_EQ(run_in("UTC0"), "12:00 UTC +0000 UTC");
}

}  // namespace
}  // namespace wippy::lua::test
