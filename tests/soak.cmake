# The node of the soak (tests/soak/soak.py, `make soak`): the command line with native processes of its own. Its length makes it no
# ctest.
add_executable(soak_node EXCLUDE_FROM_ALL ${CMAKE_CURRENT_SOURCE_DIR}/soak/natives.cpp)
target_link_libraries(soak_node PRIVATE wippy_cli)
