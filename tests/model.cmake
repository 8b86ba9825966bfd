# The model suites: sources of ours are compiled with the checker's atomics ("model/checker/atomic_backend.hpp"), as
# headers that the suites include. Each *_suite.cpp registers itself; the one executable prints a table and a total.
file(GLOB model_sources CONFIGURE_DEPENDS
  ${CMAKE_CURRENT_SOURCE_DIR}/model/*.cpp ${CMAKE_CURRENT_SOURCE_DIR}/model/checker/*.cpp)
if(model_sources)
  # Every plain access of the suites calls model/checker/plain_memory.cpp instead of libtsan, which is not linked; the
  # headers keep their ordinary shape.
  file(GLOB suite_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/model/*_suite.cpp)
  set_source_files_properties(${suite_sources} PROPERTIES COMPILE_OPTIONS "-fsanitize=thread;-U__SANITIZE_THREAD__")
  # These call single functions of the worker and of the process layer.
  foreach(name worker_suite exit_suite overload_suite process_layer pools)
    set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/model/${name}.cpp PROPERTIES COMPILE_OPTIONS
      "-fsanitize=thread;-U__SANITIZE_THREAD__;-fno-access-control")
  endforeach()
  foreach(name exit_suite overload_suite process_layer)
    set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/model/${name}.cpp PROPERTIES COMPILE_DEFINITIONS
      WIPPY_QUIET_FLIGHT=1)
  endforeach()
  add_executable(model_suites ${model_sources})
  target_compile_definitions(model_suites PRIVATE WIPPY_MODEL=1)
  target_include_directories(model_suites BEFORE PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/model/stubs ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(model_suites PRIVATE wippy_flags Threads::Threads ${CMAKE_DL_LIBS})
  wippy_add_test(model_suites model 420)
endif()

# Second opinion: Relacy's own scheduler and memory model over the deque and the parker.
file(GLOB relacy_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/model/relacy/*.cpp)
find_path(WIPPY_RELACY_INCLUDE relacy/relacy.hpp)
if(relacy_sources AND WIPPY_RELACY_INCLUDE)
  add_executable(model_relacy ${relacy_sources})
  target_compile_definitions(model_relacy PRIVATE WIPPY_MODEL=1 WIPPY_RELACY=1)
  target_include_directories(model_relacy PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_include_directories(model_relacy SYSTEM PRIVATE ${WIPPY_RELACY_INCLUDE})  # not its relacy/: pthread.h
  target_link_libraries(model_relacy PRIVATE wippy_flags Threads::Threads)
  wippy_add_test(model_relacy model 120)
endif()

# Promela models and whatever else is a script: tests/model/<name>/run, closing with `N passed, N failed`.
file(GLOB model_runs CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/model/*/run)
foreach(script ${model_runs})
  get_filename_component(name ${script} DIRECTORY)
  get_filename_component(name ${name} NAME)
  add_test(NAME model_${name} COMMAND ${script})
  set_tests_properties(model_${name} PROPERTIES LABELS model TIMEOUT 120 ENVIRONMENT "${WIPPY_TEST_ENV}")
endforeach()
