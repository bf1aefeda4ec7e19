# The roles in data/roles become text of the library: no file has to be found at run time.
file(GLOB files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/data/roles/*.md")
set(entries "")
foreach(file IN LISTS files)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(READ "${file}" text)
  cmake_path(GET file FILENAME name)
  string(APPEND entries "    {\"${name}\", R\"__puna__(${text})__puna__\"},\n")
endforeach()
file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/generated/role_texts.h" CONTENT "// Made from data/roles/*.md.
#pragma once

namespace puna::tools {

struct RoleText {
  const char* file_name;
  const char* text;
};
inline constexpr RoleText kRoleTexts[] = {
@entries@};

}  // namespace puna::tools
" @ONLY)
# Of this file alone: the others compile as they did, and ccache knows them.
set_source_files_properties("${CMAKE_SOURCE_DIR}/src/tools/roles.cpp" PROPERTIES
                            INCLUDE_DIRECTORIES "${CMAKE_BINARY_DIR}/generated")
