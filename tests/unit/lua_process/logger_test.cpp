// libs: wippy_lua wippy_runtime wippy_cli
// What records of the logger module say (spec/process.md §6.7).
#include <gtest/gtest.h>

#include "tests/unit/lua_process/lua_node.hpp"

namespace wippy::lua::test {
namespace {

// The records of a script, with the pid and the place of the call taken out after they were looked at.
std::string records_of(const std::string& body) {
  LuaNode node;
  node.make_current();
  ScriptEntry e;
  e.id = "app.test:speaker";
  e.modules = {"logger", "time"};
  e.source = "return { main = function()\n" + body + "\nend }";
  EXPECT_EQ(node.add(e), "");
  const LuaNode::Ending end = node.run(e.id);
  EXPECT_FALSE(end.abnormal) << end.text;
  std::string text = LuaNode::lines();
  const std::string pid = "  pid={app:processes|0x";
  const std::string place = "  location=app.test:speaker:2";
  for (std::size_t at = text.find("  pid="); at != std::string::npos; at = text.find("  pid=")) {
    EXPECT_EQ(text.substr(at, pid.size()), pid);
    const std::size_t location = text.find("  location=", at);
    EXPECT_EQ(text.substr(location, place.size()), place);
    text.erase(at, location + place.size() - at);
  }
  return text;
}

TEST(Logger, LevelsAndNames) {
  EXPECT_EQ(
      records_of("logger:debug('a') logger:info('b') logger:warn('c') require('logger'):error('d')"),
      "debug app.test:speaker: a\ninfo app.test:speaker: b\nwarn app.test:speaker: c\nerror app.test:speaker: d\n");
  EXPECT_EQ(records_of("local db = logger:named('db') db:named('pool'):info('x') db:info('y') logger:info('z')"),
            "info app.test:speaker.db.pool: x\ninfo app.test:speaker.db: y\ninfo app.test:speaker: z\n");
  EXPECT_EQ(records_of("logger:error(errors.new('why'))"), "error app.test:speaker: why\n");
}

TEST(Logger, FieldsAreSortedAndTyped) {
  EXPECT_EQ(records_of("logger:info('m', { text = 'a b', n = 5, x = 1.5, yes = true, [7] = 'seven', [false] = 1 })"),
            "info app.test:speaker: m  7=seven  false:=1  n:=5  text=a b  x:=1.5  yes:=true\n");
  EXPECT_EQ(records_of("logger:info('m', { t = { b = { 1, 2 }, a = {} }, d = time.seconds(1.5), p = payload.new('in'), "
                       "e = errors.new{ message = 'm', kind = errors.TIMEOUT } })"),
            "info app.test:speaker: m  d=1.5s  e:={\"kind\":\"Timeout\",\"message\":\"m\"}  p=in  "
            "t:={\"a\":[],\"b\":[1,2]}\n");
}

TEST(Logger, ValuesWithoutJsonAreShownAsByTostring) {
  const std::string text = records_of("local loop = {} loop[1] = loop logger:info('m', { f = print, loop = loop })");
  EXPECT_NE(text.find("  f=function: 0x"), std::string::npos) << text;
  EXPECT_NE(text.find("  loop=table: 0x"), std::string::npos) << text;
}

TEST(Logger, WithAddsFieldsAndChangesNobody) {
  EXPECT_EQ(
      records_of("local given = { k = 1, list = { 1 } } local a = logger:with(given) given.k = 2 given.list[1] = 9 "
                 "local b = a:with({ k = 3 }) a:info('a', { extra = 1 }) b:info('b') a:info('a', { k = 'own' }) "
                 "b:named('n'):info('c') logger:info('d')"),
      "info app.test:speaker: a  extra:=1  k:=1  list:=[1]\n"
      "info app.test:speaker: b  k:=3  list:=[1]\n"
      "info app.test:speaker: a  k=own  list:=[1]\n"
      "info app.test:speaker.n: c  k:=3  list:=[1]\n"
      "info app.test:speaker: d\n");
}

}  // namespace
}  // namespace wippy::lua::test
