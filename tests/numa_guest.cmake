# The checking program of `make numa-guest`; it expects the guest's machine, so it is no ctest.
file(GLOB numa_guest_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/numa_guest/*.cpp)
add_executable(numa_guest EXCLUDE_FROM_ALL ${numa_guest_sources})
target_link_libraries(numa_guest PRIVATE ${WIPPY_EVERYTHING} GTest::gtest_main)
