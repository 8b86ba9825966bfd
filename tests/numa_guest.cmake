# The checking program of `make numa-guest`; it expects the guest's machine, so it is no ctest.
file(GLOB numa_guest_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/numa_guest/*.cpp)
add_executable(numa_guest ${numa_guest_sources})
if(NOT WIPPY_BENCH)  # with the release build, which it is made for: what breaks it must break `make test`, not the guest's stage
  set_target_properties(numa_guest PROPERTIES EXCLUDE_FROM_ALL TRUE)
endif()
target_link_libraries(numa_guest PRIVATE ${WIPPY_EVERYTHING} GTest::gtest_main)
