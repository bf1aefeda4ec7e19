# Foreign libraries, each behind one target of ours, found in the machine's own packages.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

if(PUNA_FETCH_LLAMA)
  include(FetchContent)
  set(LLAMA_BUILD_TESTS OFF CACHE BOOL "" FORCE)
  set(LLAMA_BUILD_TOOLS OFF CACHE BOOL "" FORCE)
  set(LLAMA_BUILD_EXAMPLES OFF CACHE BOOL "" FORCE)
  set(LLAMA_BUILD_SERVER OFF CACHE BOOL "" FORCE)
  FetchContent_Declare(llama_cpp GIT_REPOSITORY https://github.com/ggml-org/llama.cpp.git GIT_TAG b11669
                       GIT_SHALLOW ON SYSTEM)
  FetchContent_MakeAvailable(llama_cpp)
  if(NOT TARGET mtmd)  # pictures and sounds: of the tools, the library alone
    add_subdirectory("${llama_cpp_SOURCE_DIR}/tools/mtmd" "${llama_cpp_BINARY_DIR}/mtmd" EXCLUDE_FROM_ALL SYSTEM)
  endif()
  set(PUNA_MTMD_LIBRARY mtmd)
  set(PUNA_MTMD_INCLUDE "${llama_cpp_SOURCE_DIR}/tools/mtmd")
else()
  find_package(llama 0.7 REQUIRED)
  find_library(PUNA_MTMD_LIBRARY mtmd HINTS "${LLAMA_LIB_DIR}" REQUIRED)  # comes with libllama; has no CMake file
  find_path(PUNA_MTMD_INCLUDE mtmd-helper.h HINTS "${LLAMA_INCLUDE_DIR}" REQUIRED)
endif()
add_library(puna_llama INTERFACE)
target_include_directories(puna_llama SYSTEM INTERFACE "${PUNA_MTMD_INCLUDE}")
target_link_libraries(puna_llama INTERFACE "${PUNA_MTMD_LIBRARY}" llama Threads::Threads)
add_library(puna::llama ALIAS puna_llama)

find_package(nlohmann_json REQUIRED)
add_library(puna_json INTERFACE)
target_link_libraries(puna_json INTERFACE nlohmann_json::nlohmann_json)
add_library(puna::json ALIAS puna_json)

# minja ships headers only, without a CMake or pkg-config file.
find_path(PUNA_MINJA_INCLUDE minja/minja.hpp REQUIRED)
add_library(puna_minja INTERFACE)
target_include_directories(puna_minja SYSTEM INTERFACE "${PUNA_MINJA_INCLUDE}")
target_link_libraries(puna_minja INTERFACE nlohmann_json::nlohmann_json)
add_library(puna::minja ALIAS puna_minja)

# jsoncons: headers only, for checking values against JSON Schemas.
find_path(PUNA_JSONCONS_INCLUDE jsoncons_ext/jsonschema/jsonschema.hpp REQUIRED)
add_library(puna_jsoncons INTERFACE)
target_include_directories(puna_jsoncons SYSTEM INTERFACE "${PUNA_JSONCONS_INCLUDE}")
add_library(puna::jsoncons ALIAS puna_jsoncons)

pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
add_library(puna_utf8proc INTERFACE)
target_link_libraries(puna_utf8proc INTERFACE PkgConfig::UTF8PROC)
add_library(puna::utf8proc ALIAS puna_utf8proc)

find_package(CLI11 REQUIRED)
add_library(puna_cli11 INTERFACE)
target_link_libraries(puna_cli11 INTERFACE CLI11::CLI11)
add_library(puna::cli11 ALIAS puna_cli11)

pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
add_library(puna_httplib INTERFACE)
target_link_libraries(puna_httplib INTERFACE PkgConfig::HTTPLIB)
add_library(puna::httplib ALIAS puna_httplib)

pkg_check_modules(SIMDUTF REQUIRED IMPORTED_TARGET simdutf)
add_library(puna_simdutf INTERFACE)
target_link_libraries(puna_simdutf INTERFACE PkgConfig::SIMDUTF)
add_library(puna::simdutf ALIAS puna_simdutf)

pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
add_library(puna_xxhash INTERFACE)
target_link_libraries(puna_xxhash INTERFACE PkgConfig::XXHASH)
add_library(puna::xxhash ALIAS puna_xxhash)

pkg_check_modules(ISOCLINE REQUIRED IMPORTED_TARGET isocline)
add_library(puna_isocline INTERFACE)
target_link_libraries(puna_isocline INTERFACE PkgConfig::ISOCLINE)
add_library(puna::isocline ALIAS puna_isocline)

# HTTP client, HTML parser, full-text index, configuration files, linear-time patterns, system-call filters.
foreach(pair IN ITEMS curl=libcurl lexbor=lexbor sqlite=sqlite3 toml=tomlplusplus yaml=yaml-cpp re2=re2 seccomp=libseccomp)
  string(REGEX MATCH "^([a-z0-9]+)=(.+)$" _ ${pair})
  set(name ${CMAKE_MATCH_1})
  string(TOUPPER ${name} prefix)
  pkg_check_modules(${prefix} REQUIRED IMPORTED_TARGET ${CMAKE_MATCH_2})
  add_library(puna_${name} INTERFACE)
  target_link_libraries(puna_${name} INTERFACE PkgConfig::${prefix})
  add_library(puna::${name} ALIAS puna_${name})
endforeach()
# -pthread changes nothing that is compiled with this C library, but for a macro that the precompiled header lacks.
set_property(TARGET PkgConfig::RE2 PROPERTY INTERFACE_COMPILE_OPTIONS "")
