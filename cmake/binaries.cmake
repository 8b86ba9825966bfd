# wippy, wippy-sim, wippy-bench, and programs of embedders.
file(GLOB wippy_bench_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/*.cpp ${CMAKE_SOURCE_DIR}/bench/*/*.cpp)
list(FILTER wippy_bench_sources EXCLUDE REGEX "/bench/gate/")
file(GLOB wippy_simulation_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/runtime/sim/*.cpp)
set(wippy_is_special FALSE)
if(WIPPY_MODEL OR WIPPY_FUZZ OR WIPPY_SIM_ONLY)
  set(wippy_is_special TRUE)
endif()

# The simulation: the same sources, every atomic verb a switch point, one real thread, fixed addresses, own time().
add_library(wippy_simulation INTERFACE)
set(WIPPY_HAVE_SIMULATION FALSE)
if(wippy_simulation_sources AND NOT WIPPY_MODEL AND NOT WIPPY_FUZZ)
  set(WIPPY_HAVE_SIMULATION TRUE)
  wippy_sim_objects(wippy_runtime_sim_sim "${wippy_simulation_sources}" "")
  get_property(wippy_sim_objects GLOBAL PROPERTY WIPPY_SIM_OBJECTS)
  # Foreign libraries by hand: object libraries pass usage requirements on only to direct consumers.
  set(wippy_sim_foreign wippy_foreign_hwloc TBB::tbb wippy_foreign_log yaml-cpp wippy_foreign_json wippy_foreign_lua
                        wippy_foreign_cli11 wippy_foreign_rapidjson wippy_foreign_uuid wippy_foreign_tz wippy_foreign_re2)
  foreach(object ${wippy_sim_objects})
    target_link_libraries(${object} PUBLIC ${wippy_sim_foreign})
  endforeach()
  target_link_libraries(wippy_simulation INTERFACE wippy_sim_flags ${wippy_sim_foreign})
  target_link_options(wippy_simulation INTERFACE -no-pie -Wl,--wrap=time -Wl,--wrap=malloc -Wl,--wrap=calloc
                      -Wl,--wrap=realloc -Wl,--wrap=aligned_alloc -Wl,--wrap=free)

endif()

# wippy_program(name sources...)   the command line with native processes (docs/native.md), and NAME-sim, the same in the
# simulation. A folder with such a program may lie anywhere: cmake -DWIPPY_PROGRAMS=<folder>.
function(wippy_program name)
  if(WIPPY_MODEL OR WIPPY_FUZZ)
    return()
  endif()
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE wippy_cli)
  set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ${wippy_is_special})
  if(WIPPY_HAVE_SIMULATION)
    add_executable(${name}-sim ${ARGN})
    target_link_libraries(${name}-sim PRIVATE ${wippy_sim_objects} wippy_simulation)
    if(NOT WIPPY_SIM_BUILD)
      set_target_properties(${name}-sim PROPERTIES EXCLUDE_FROM_ALL TRUE)
    endif()
  endif()
endfunction()

wippy_program(wippy ${CMAKE_SOURCE_DIR}/cli/main.cpp)
foreach(folder examples/native_worker ${WIPPY_PROGRAMS})
  get_filename_component(folder_name ${folder} NAME)
  add_subdirectory(${folder} ${CMAKE_BINARY_DIR}/programs/${folder_name})
endforeach()

include(gate)

if(wippy_bench_sources AND WIPPY_HAVE_BENCHMARK AND NOT wippy_is_special)
  add_executable(wippy-bench ${wippy_bench_sources})
  target_link_libraries(wippy-bench PRIVATE ${WIPPY_EVERYTHING} benchmark::benchmark TBB::tbb)
endif()
