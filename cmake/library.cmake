# wippy_library(name folder DEPS ours... FOREIGN theirs...)
#
# Two builds of the same sources: `name`, and `name_sim` with WIPPY_SIM=1 and fixed addresses (-fno-pie). The simulation
# variant is made of OBJECT libraries, because memory_sim calls up into runtime/sim and back: archives would need a link
# order that does not exist. Its list is the global property WIPPY_SIM_OBJECTS.
# Files named main.cpp belong to the binaries, not to the libraries.
function(wippy_sources out folder)
  file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cpp)
  if(folder STREQUAL "lua")  # the modules that scripts require are part of the same library
    file(GLOB modules CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/lua/modules/*.cpp)
    list(APPEND found ${modules})
  endif()
  if(folder STREQUAL "cli")  # one file per verb
    file(GLOB commands CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/cli/commands/*.cpp ${CMAKE_SOURCE_DIR}/cli/inspect/*.cpp)
    list(APPEND found ${commands})
  endif()
  list(FILTER found EXCLUDE REGEX "/main\\.cpp$")
  list(SORT found)
  set(${out} ${found} PARENT_SCOPE)
endfunction()

function(wippy_library name folder)
  if(WIPPY_MODEL)
    return()  # the suites include our headers; no library of ours is compiled with the checker's atomics
  endif()
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "DEPS;FOREIGN")
  wippy_sources(sources ${folder})

  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE wippy_flags Threads::Threads ${arg_DEPS} ${arg_FOREIGN})
    return()
  endif()

  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC wippy_flags Threads::Threads ${arg_DEPS} ${arg_FOREIGN})
  if(WIPPY_SIM_ONLY OR WIPPY_FUZZ)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL TRUE)
  endif()

  set(foreign ${arg_FOREIGN})
  list(REMOVE_ITEM foreign wippy_foreign_jemalloc)
  wippy_sim_objects(${name}_sim "${sources}" "${foreign}")
endfunction()

function(wippy_sim_objects name sources foreign)
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(${name} PUBLIC wippy_sim_flags ${foreign})
  set_property(GLOBAL APPEND PROPERTY WIPPY_SIM_OBJECTS ${name})
endfunction()

add_library(wippy_sim_flags INTERFACE)
target_compile_definitions(wippy_sim_flags INTERFACE WIPPY_SIM=1)
target_compile_options(wippy_sim_flags INTERFACE -fno-pie -fno-pic)
target_link_libraries(wippy_sim_flags INTERFACE wippy_flags Threads::Threads)
