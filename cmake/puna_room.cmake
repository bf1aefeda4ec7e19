# puna_room(NAME [USES room...] [LIBS target...])
#
# One room: the library puna_NAME from src/NAME/*.cpp (without main.cpp and *_test.cpp) and, with tests on, the program
# NAME_test from src/NAME/*_test.cpp. USES are the only rooms it is linked to; LIBS are foreign libraries, kept private.
set(PUNA_WARNINGS -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
                  -Wold-style-cast -Woverloaded-virtual
                  -Wno-missing-field-initializers)  # our structs carry defaults; designated initialisers name the rest

if(PUNA_SANITIZE)
  add_compile_options(-fsanitize=${PUNA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${PUNA_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND PUNA_WARNINGS -Wno-maybe-uninitialized)  # under sanitizers GCC sees them in the library's own <regex>
  endif()
endif()

if(PUNA_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

function(puna_room NAME)
  cmake_parse_arguments(ROOM "" "" "USES;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${NAME}/*.cpp")
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cpp$")

  add_library(puna_${NAME} STATIC ${sources})
  add_library(puna::${NAME} ALIAS puna_${NAME})
  target_include_directories(puna_${NAME} PUBLIC "${CMAKE_SOURCE_DIR}/include" PRIVATE "${CMAKE_SOURCE_DIR}/src")
  target_compile_options(puna_${NAME} PRIVATE ${PUNA_WARNINGS})
  foreach(room IN LISTS ROOM_USES)
    target_link_libraries(puna_${NAME} PUBLIC puna_${room})
  endforeach()
  target_link_libraries(puna_${NAME} PRIVATE ${ROOM_LIBS})

  if(PUNA_TESTS AND tests)
    add_executable(${NAME}_test ${tests})
    target_link_libraries(${NAME}_test PRIVATE puna_${NAME} ${ROOM_LIBS} GTest::gtest_main)
    target_include_directories(${NAME}_test PRIVATE "${CMAKE_SOURCE_DIR}/src")
    target_compile_options(${NAME}_test PRIVATE ${PUNA_WARNINGS})
    target_compile_definitions(${NAME}_test PRIVATE PUNA_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
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
