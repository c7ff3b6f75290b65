# What a C++ program needs when ROS 2 comes from pip wheels; included by
#   if(DEFINED ENV{INHAND_WHEELS_CMAKE})
#     include("$ENV{INHAND_WHEELS_CMAKE}")
#   endif()
# before the first add_executable(). With apt ROS the variable is unset and nothing happens.
#
# The wheels' librcl needs the rosidl_generator_py libraries, which use symbols of libpython without naming it: the
# executable has to bring libpython itself, also when it calls none of it.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
execute_process(
  COMMAND "${Python3_EXECUTABLE}" "${CMAKE_CURRENT_LIST_DIR}/libpython.py"
  OUTPUT_VARIABLE _inhand_libpython OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_VARIABLE _inhand_libpython_error RESULT_VARIABLE _inhand_libpython_result)
if(NOT _inhand_libpython_result EQUAL 0)
  message(FATAL_ERROR "underlay/wheels.cmake: ${_inhand_libpython_error}")
endif()
get_filename_component(_inhand_libpython_dir "${_inhand_libpython}" DIRECTORY)
string(APPEND CMAKE_EXE_LINKER_FLAGS
  " -Wl,--allow-shlib-undefined"
  " -Wl,--push-state,--no-as-needed ${_inhand_libpython} -Wl,--pop-state"
  " -Wl,-rpath,${_inhand_libpython_dir}")
