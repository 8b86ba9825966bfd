# Foreign packages (Debian 12 versions; scripts/install-packages.sh names them). The model build needs none of them.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

set(WIPPY_ALLOCATOR "")
foreach(name hwloc log lua cli11 json rapidjson uuid tz re2 prometheus httplib jemalloc)
  add_library(wippy_foreign_${name} INTERFACE)
endforeach()

if(NOT WIPPY_MODEL)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(HWLOC REQUIRED IMPORTED_TARGET hwloc>=2.9)
  target_link_libraries(wippy_foreign_hwloc INTERFACE PkgConfig::HWLOC)

  find_package(TBB REQUIRED)
  find_package(yaml-cpp REQUIRED)
  find_package(fmt REQUIRED)
  find_package(spdlog REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(nlohmann_json REQUIRED)

  target_compile_definitions(wippy_foreign_log INTERFACE SPDLOG_FMT_EXTERNAL SPDLOG_COMPILED_LIB)
  target_link_libraries(wippy_foreign_log INTERFACE spdlog::spdlog fmt::fmt)
  target_link_libraries(wippy_foreign_cli11 INTERFACE CLI11::CLI11)
  target_link_libraries(wippy_foreign_json INTERFACE nlohmann_json::nlohmann_json)

  # Header only. Debian's package has no target of its own; its folder is the compiler's default one.
  find_path(WIPPY_RAPIDJSON_INCLUDE rapidjson/reader.h REQUIRED)
  target_include_directories(wippy_foreign_rapidjson SYSTEM INTERFACE ${WIPPY_RAPIDJSON_INCLUDE})
  pkg_check_modules(UUID REQUIRED IMPORTED_TARGET uuid)
  target_link_libraries(wippy_foreign_uuid INTERFACE PkgConfig::UUID)

  # The C library, and its archive: the C++ build of Lua throws on every yield, and the simulation needs its addresses
  # fixed by a non-PIE link. Sources include <lua5.4/lua.hpp>.
  find_library(WIPPY_LUA_ARCHIVE NAMES liblua5.4.a REQUIRED)
  find_path(WIPPY_LUA_INCLUDE lua5.4/lua.hpp REQUIRED)
  target_include_directories(wippy_foreign_lua SYSTEM INTERFACE ${WIPPY_LUA_INCLUDE}/lua5.4)
  target_link_libraries(wippy_foreign_lua INTERFACE ${WIPPY_LUA_ARCHIVE} m ${CMAKE_DL_LIBS})
  # lua/state.cpp takes the place of one step of lua_newstate, in whatever links the archive.
  target_link_options(wippy_foreign_lua INTERFACE LINKER:--wrap=luaX_init LINKER:--undefined=__wrap_luaX_init)

  # Time zones. Debian ships no CMake or pkg-config file with it.
  find_library(WIPPY_CCTZ NAMES cctz REQUIRED)
  find_path(WIPPY_CCTZ_INCLUDE cctz/time_zone.h REQUIRED)
  target_include_directories(wippy_foreign_tz SYSTEM INTERFACE ${WIPPY_CCTZ_INCLUDE})
  target_link_libraries(wippy_foreign_tz INTERFACE ${WIPPY_CCTZ})

  # Metrics and the two pages that show them.
  pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core)
  target_link_libraries(wippy_foreign_prometheus INTERFACE PkgConfig::PROMETHEUS)
  pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
  target_link_libraries(wippy_foreign_httplib INTERFACE PkgConfig::HTTPLIB)

  # Regular expressions in linear time.
  pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
  target_link_libraries(wippy_foreign_re2 INTERFACE PkgConfig::RE2)

  if(WIPPY_JEMALLOC)
    pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
    target_compile_definitions(wippy_foreign_jemalloc INTERFACE WIPPY_JEMALLOC=1)
    target_link_libraries(wippy_foreign_jemalloc INTERFACE PkgConfig::JEMALLOC)
    set(WIPPY_ALLOCATOR wippy_foreign_jemalloc)
  endif()
endif()

# What only tests and benchmarks need may be absent (`make run` does not install it); then they are left out, and
# scripts/run-tests.sh fails because it finds none.
set(WIPPY_HAVE_GTEST FALSE)
set(WIPPY_HAVE_BENCHMARK FALSE)
if(WIPPY_TESTS)
  find_package(GTest QUIET)
  find_library(WIPPY_RAPIDCHECK_ARCHIVE NAMES librapidcheck.a)
  if(GTest_FOUND AND WIPPY_RAPIDCHECK_ARCHIVE)
    set(WIPPY_HAVE_GTEST TRUE)
  else()
    message(STATUS "GoogleTest or RapidCheck is missing: no tests in this build (make packages-test)")
  endif()
endif()
if(WIPPY_BENCH)
  find_package(benchmark QUIET)
  if(benchmark_FOUND)
    set(WIPPY_HAVE_BENCHMARK TRUE)
  else()
    message(STATUS "Google Benchmark is missing: no wippy-bench in this build (make packages-test)")
  endif()
endif()
