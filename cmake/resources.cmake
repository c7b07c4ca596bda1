# portledger_resources(<target> DESCRIPTION <text>): the version and the
# manifest of a Windows program. Does nothing elsewhere.
function(portledger_resources target)
  cmake_parse_arguments(PARSE_ARGV 1 resource "" "DESCRIPTION" "")
  if(NOT WIN32)
    return()
  endif()
  set(resource_name ${target})
  set(resource_description ${resource_DESCRIPTION})
  set(resource_manifest_name ${target}.manifest)
  set(folder ${PROJECT_BINARY_DIR}/resources)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/portledger.manifest.in ${folder}/${target}.manifest @ONLY)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/version.rc.in ${folder}/${target}.rc @ONLY)
  target_sources(${target} PRIVATE ${folder}/${target}.rc)
  set_source_files_properties(${folder}/${target}.rc PROPERTIES
    OBJECT_DEPENDS ${folder}/${target}.manifest
    INCLUDE_DIRECTORIES ${folder})
  if(MSVC)
    # Ours is the only manifest.
    target_link_options(${target} PRIVATE /MANIFEST:NO)
  endif()
endfunction()
