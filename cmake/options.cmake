# Options and compiler flags. Presets (CMakePresets.json) set these and nothing else; CI runs preset names.
option(WIPPY_TESTS "unit and stress tests" ON)
option(WIPPY_BENCH "wippy-bench is part of the default build" OFF)
option(WIPPY_SIM_BUILD "wippy-sim and the simulation tests are part of the default build" OFF)
option(WIPPY_SIM_ONLY "nothing but the simulation variant is part of the default build" OFF)
option(WIPPY_MODEL "build the model suites, and only them: memory/atomic.hpp becomes the checker's" OFF)
option(WIPPY_FUZZ "build tests/fuzz with clang's libFuzzer, and only them" OFF)
option(WIPPY_JEMALLOC "link jemalloc (release and bench; never with a sanitizer)" OFF)
option(WIPPY_ASSERT "keep WIPPY_ASSERT checks (macro WIPPY_ASSERTIONS=1)" OFF)
set(WIPPY_SANITIZE "" CACHE STRING "value of -fsanitize=, empty for none")

if(CMAKE_SOURCE_DIR STREQUAL CMAKE_BINARY_DIR)
  message(FATAL_ERROR "Build outside the source tree: cmake --preset debug")
endif()
if(WIPPY_SANITIZE AND WIPPY_JEMALLOC)
  message(FATAL_ERROR "jemalloc hides memory errors from sanitizers; choose one")
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Debug CACHE STRING "" FORCE)
endif()

find_program(WIPPY_CCACHE ccache)
if(WIPPY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WIPPY_CCACHE})
endif()

# Flags every target of ours is compiled with; foreign headers are SYSTEM and keep their warnings to themselves.
add_library(wippy_flags INTERFACE)
target_include_directories(wippy_flags INTERFACE ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_options(wippy_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Werror
  -fno-omit-frame-pointer
  # Messages and assertions name files from the root of the tree, so that builds do not depend on where it lies.
  -ffile-prefix-map=${CMAKE_CURRENT_SOURCE_DIR}/=)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64|AMD64")
  # Portable on purpose: instruction counts that are committed must mean the same on the next machine.
  target_compile_options(wippy_flags INTERFACE -march=x86-64-v2)
endif()
if(WIPPY_ASSERT)
  target_compile_definitions(wippy_flags INTERFACE WIPPY_ASSERTIONS=1)
endif()
if(WIPPY_SANITIZE)
  target_compile_options(wippy_flags INTERFACE -fsanitize=${WIPPY_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(wippy_flags INTERFACE -fsanitize=${WIPPY_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC's flow warnings misfire on instrumented code; the uninstrumented presets keep them as errors.
    target_compile_options(wippy_flags INTERFACE -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
  endif()
  if(WIPPY_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # TBB's headers use fences that ThreadSanitizer does not model; ours go through memory/atomic.hpp.
    target_compile_options(wippy_flags INTERFACE -Wno-tsan)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # clang 14 has C++20 coroutines but not libstdc++'s feature macro for them.
  target_compile_definitions(wippy_flags INTERFACE __cpp_impl_coroutine=201902L)
  target_compile_options(wippy_flags INTERFACE -Wno-unknown-warning-option -Wno-deprecated-experimental-coroutine)
endif()
if(WIPPY_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "The fuzz preset needs clang++-14 (libFuzzer): make packages-fuzz")
  endif()
  target_compile_options(wippy_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
