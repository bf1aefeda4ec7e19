# puna_room(NAME [LIGHT] [USES room...] [LIBS target...])
#
# One room: the library puna_NAME from src/NAME/*.cpp (without main.cpp and *_test.cpp) and, with tests on, the program
# NAME_test from src/NAME/*_test.cpp. USES are the only rooms it is linked to; LIBS are foreign libraries, kept private.
# LIGHT: in a release the compiler takes -O1, a quarter less time, for a room that works once a turn or once a request.
set(PUNA_WARNINGS -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
                  -Wold-style-cast -Woverloaded-virtual
                  -Wno-missing-field-initializers)  # our structs carry defaults; designated initialisers name the rest

set(PUNA_TEST_OPTIONS -O0)  # a test is compiled far more often than it runs; the rooms under test keep their own level

if(PUNA_SANITIZE)
  add_compile_options(-fsanitize=${PUNA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${PUNA_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND PUNA_WARNINGS -Wno-maybe-uninitialized)  # under sanitizers GCC sees them in the library's own <regex>
  endif()
endif()

# Where the repository lies, for tests. A header, not an option, so that ccache shares the other objects between clones.
file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/generated/source_folder.h"
     CONTENT "#pragma once\n#define PUNA_SOURCE_DIR \"${CMAKE_SOURCE_DIR}\"\n")

# What nearly every file includes, compiled once. The preset fuzz compiles without it, so that a file which forgets an
# include is found there. A precompiled header is never the same bytes twice; ccache takes these words instead
# (CCACHE_PCH_EXTSUM): it holds only the headers of the compiler and of GoogleTest.
set(PUNA_PRECOMPILED <algorithm> <chrono> <expected> <filesystem> <functional> <map> <memory> <optional> <span> <string>
                     <string_view> <unordered_map> <variant> <vector>)
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_INCLUDES "${CMAKE_SOURCE_DIR}/cmake")
check_cxx_source_compiles("#include \"format_once.h\"
int main() { return static_cast<int>(std::vformat(\"\", std::make_format_args()).size()); }" PUNA_FORMAT_ONCE)
unset(CMAKE_REQUIRED_INCLUDES)
if(PUNA_FORMAT_ONCE)
  list(APPEND PUNA_PRECOMPILED "${CMAKE_SOURCE_DIR}/cmake/format_once.h")
endif()
set(PUNA_LIGHT_OPTIONS $<$<CONFIG:Release>:-O1>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess)
  add_compile_options(--param=ggc-min-heapsize=1000000)  # its garbage collection from 1 GB on: a tenth of the time
  file(SHA256 "${CMAKE_SOURCE_DIR}/cmake/format_once.h" format_once_sum)
  foreach(target IN ITEMS puna_precompiled puna_precompiled_light puna_precompiled_tests)
    file(WRITE "${CMAKE_BINARY_DIR}/CMakeFiles/${target}.dir/cmake_pch.hxx.gch.sum"
         "${target} ${CMAKE_CXX_COMPILER_VERSION} ${GTest_VERSION} ${format_once_sum}")
  endforeach()
endif()
foreach(target IN ITEMS puna_precompiled puna_precompiled_light)
  add_library(${target} OBJECT "${CMAKE_SOURCE_DIR}/cmake/precompiled.cpp")
  target_compile_options(${target} PRIVATE ${PUNA_WARNINGS})
  target_precompile_headers(${target} PRIVATE ${PUNA_PRECOMPILED})
endforeach()
target_compile_options(puna_precompiled_light PRIVATE ${PUNA_LIGHT_OPTIONS})

if(PUNA_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_library(puna_precompiled_tests OBJECT "${CMAKE_SOURCE_DIR}/cmake/precompiled.cpp")
  target_link_libraries(puna_precompiled_tests PRIVATE GTest::gtest)
  target_compile_options(puna_precompiled_tests PRIVATE ${PUNA_WARNINGS} ${PUNA_TEST_OPTIONS})
  target_precompile_headers(puna_precompiled_tests PRIVATE <gtest/gtest.h> ${PUNA_PRECOMPILED})
endif()

# puna_test_program(NAME SOURCES file... [LIBS target...]): a GoogleTest program; registering it is puna_discover's.
function(puna_test_program NAME)
  cmake_parse_arguments(TEST "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${NAME} ${TEST_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${TEST_LIBS} GTest::gtest_main)
  target_include_directories(${NAME} PRIVATE "${CMAKE_SOURCE_DIR}/src")
  target_compile_options(${NAME} PRIVATE ${PUNA_WARNINGS} ${PUNA_TEST_OPTIONS})
  target_include_directories(${NAME} PRIVATE "${CMAKE_BINARY_DIR}/generated")
  target_precompile_headers(${NAME} REUSE_FROM puna_precompiled_tests)
  set_target_properties(${NAME} PROPERTIES UNITY_BUILD_BATCH_SIZE 0)  # all in one, where unity builds are on
endfunction()

function(puna_room NAME)
  cmake_parse_arguments(ROOM "LIGHT" "" "USES;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${NAME}/*.cpp")
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cpp$")

  add_library(puna_${NAME} STATIC ${sources})
  add_library(puna::${NAME} ALIAS puna_${NAME})
  target_include_directories(puna_${NAME} PUBLIC "${CMAKE_SOURCE_DIR}/include" PRIVATE "${CMAKE_SOURCE_DIR}/src")
  target_compile_options(puna_${NAME} PRIVATE ${PUNA_WARNINGS})
  if(ROOM_LIGHT)
    target_compile_options(puna_${NAME} PRIVATE ${PUNA_LIGHT_OPTIONS})
    target_precompile_headers(puna_${NAME} REUSE_FROM puna_precompiled_light)
  else()
    target_precompile_headers(puna_${NAME} REUSE_FROM puna_precompiled)
  endif()
  foreach(room IN LISTS ROOM_USES)
    target_link_libraries(puna_${NAME} PUBLIC puna_${room})
  endforeach()
  target_link_libraries(puna_${NAME} PRIVATE ${ROOM_LIBS})

  if(PUNA_TESTS AND tests)
    puna_test_program(${NAME}_test SOURCES ${tests} LIBS puna_${NAME} ${ROOM_LIBS})
    puna_discover(${NAME}_test unit)
  endif()
endfunction()

# puna_discover(TARGET LABEL): registers each test of a GoogleTest program with ctest; gtest's own skips are ctest skips.
function(puna_discover TARGET LABEL)
  # Compute threads that spin would starve the tests beside them; the program restarts itself for this, a test does not.
  # *Child.* are run by other tests, in a process of their own.
  gtest_discover_tests(${TARGET} TEST_PREFIX "${TARGET}." DISCOVERY_TIMEOUT 60 TEST_FILTER "-*Child.*"
                       PROPERTIES LABELS ${LABEL} TIMEOUT 1200 ENVIRONMENT OMP_WAIT_POLICY=passive)
endfunction()
