# bench/gate: the cases of bench/ once more, with counts in place of clocks (bench/gate/README.md). Not part of any default
# build: scripts/gate.sh names the targets.
#   wippy-gate-counts            the simulation variant (preset sim)
#   wippy-gate-instructions      the product's code with its release flags (preset release), for callgrind
#   wippy-gate-instructions-bad  the same with two more instructions in the mailbox's push: the self-test's
set(gate_dir ${CMAKE_SOURCE_DIR}/bench/gate)
set(gate_shared ${CMAKE_SOURCE_DIR}/bench/cases.cpp ${gate_dir}/heap.cpp)

function(wippy_gate_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  add_executable(${name} EXCLUDE_FROM_ALL ${arg_SOURCES} ${gate_shared})
  # Its benchmark/benchmark.h comes before Google's.
  target_include_directories(${name} BEFORE PRIVATE ${gate_dir}/include)
  target_compile_definitions(${name} PRIVATE WIPPY_GATE_BUILD="${CMAKE_CXX_FLAGS_${build_type}}")
  target_link_libraries(${name} PRIVATE ${arg_LIBS})
endfunction()
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)

if(WIPPY_HAVE_SIMULATION)
  set(gate_objects ${wippy_sim_objects})
  list(REMOVE_ITEM gate_objects wippy_cli_sim)
  file(GLOB gate_scenarios CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/scenario/*.cpp)
  wippy_gate_program(wippy-gate-counts
    SOURCES ${gate_dir}/counts_main.cpp ${gate_dir}/counts.cpp ${gate_dir}/count_runs.cpp ${gate_dir}/life.cpp
            ${gate_dir}/work.cpp ${CMAKE_SOURCE_DIR}/bench/node.cpp ${gate_scenarios}
    LIBS ${gate_objects} wippy_simulation)
endif()

find_path(WIPPY_CALLGRIND_INCLUDE valgrind/callgrind.h)
if(WIPPY_CALLGRIND_INCLUDE AND NOT wippy_is_special)
  file(GLOB gate_micro CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/micro/*.cpp)
  foreach(name wippy-gate-instructions wippy-gate-instructions-bad)
    # The archives by themselves: as a target, wippy_memory would bring jemalloc, and heap.cpp is malloc here.
    set(gate_archives "")
    foreach(archive wippy_runtime_process wippy_runtime_observe wippy_scheduler wippy_numa wippy_mailbox wippy_memory)
      list(APPEND gate_archives $<TARGET_FILE:${archive}>)
    endforeach()
    wippy_gate_program(${name} SOURCES ${gate_dir}/instructions_main.cpp ${gate_micro}
      LIBS ${gate_archives} wippy_flags Threads::Threads TBB::tbb wippy_foreign_hwloc wippy_foreign_log wippy_foreign_json)
    add_dependencies(${name} wippy_runtime_process)
  endforeach()
  target_compile_definitions(wippy-gate-instructions-bad PRIVATE WIPPY_GATE_INJECT=1)
endif()
