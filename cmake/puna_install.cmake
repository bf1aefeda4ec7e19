# What `cmake --install` puts where:
#
#   bin/puna                              the program; it finds the two below relative to itself
#   libexec/puna/puna-sandbox-helper      what enters the sandbox
#   share/puna/                           the demo model, the facts of web_search
#   include/puna/                         the front doors, without the command line's own
#   lib/libpuna.a                         every room but the command line's, in one archive
#   lib/cmake/puna/, lib/pkgconfig/       find_package(puna) with puna::puna; puna.pc
#
# The prefix may be moved afterwards. docs/decisions/0050-package.md says why it is an archive.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(PUNA_PACKAGE_ROOMS base engine chat net sandbox model tools agent sim server embed)
# What the archive must be linked with, as pkg-config knows it; beside these, llama and threads.
set(PUNA_PACKAGE_MODULES simdutf libxxhash libutf8proc libcurl lexbor libseccomp sqlite3 re2 tomlplusplus yaml-cpp)
list(JOIN PUNA_PACKAGE_MODULES " " puna_package_modules)

set(objects ${PUNA_PACKAGE_ROOMS})
list(TRANSFORM objects REPLACE "(.+)" "$<TARGET_OBJECTS:puna_\\1>")
add_library(puna_package STATIC ${objects})
set_target_properties(puna_package PROPERTIES OUTPUT_NAME puna EXPORT_NAME puna LINKER_LANGUAGE CXX)
target_include_directories(puna_package INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_compile_features(puna_package INTERFACE cxx_std_23)

install(TARGETS puna RUNTIME DESTINATION bin)
install(TARGETS puna-sandbox-helper RUNTIME DESTINATION libexec/puna)
install(FILES models/demo/puna-demo-Q8_0.gguf DESTINATION share/puna/models/demo)
install(DIRECTORY data/facts DESTINATION share/puna/data)
install(FILES LICENSE DESTINATION share/doc/puna)
install(DIRECTORY include/puna DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" PATTERN "bench*" EXCLUDE)
install(TARGETS puna_package EXPORT puna_targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/puna")
install(EXPORT puna_targets NAMESPACE puna:: FILE puna-targets.cmake DESTINATION "${package_folder}")
configure_package_config_file(cmake/puna-config.cmake.in "${CMAKE_BINARY_DIR}/generated/puna-config.cmake"
                              INSTALL_DESTINATION "${package_folder}")
write_basic_package_version_file("${CMAKE_BINARY_DIR}/generated/puna-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/generated/puna-config.cmake"
              "${CMAKE_BINARY_DIR}/generated/puna-config-version.cmake" DESTINATION "${package_folder}")

# From lib/pkgconfig up to the prefix, so that it may be moved.
file(RELATIVE_PATH puna_pc_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" puna_pc_prefix "${puna_pc_prefix}")
configure_file(cmake/puna.pc.in "${CMAKE_BINARY_DIR}/generated/puna.pc" @ONLY)
install(FILES "${CMAKE_BINARY_DIR}/generated/puna.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
