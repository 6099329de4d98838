# Turns every sql/**/*.sql into a constant of <sql/embedded.hpp>:
#   sql/queries/pull_header.sql  ->  tromp::sql::pull_header     (capture/ likewise)
#   sql/migrations/0001_x.sql    ->  an element of tromp::sql::migrations(), in the order of their names
function(tromp_embed_sql target folder)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.sql)
  list(SORT files)
  set(out ${CMAKE_BINARY_DIR}/generated)
  add_custom_command(
    OUTPUT ${out}/sql/embedded.hpp ${out}/sql/embedded.cpp
    COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR}/${folder} -DOUT=${out}/sql
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_sql_script.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/embed_sql_script.cmake
    COMMENT "Embedding ${folder}/"
    VERBATIM)
  add_library(${target} STATIC ${out}/sql/embedded.cpp ${out}/sql/embedded.hpp)
  target_include_directories(${target} PUBLIC ${out})
  target_link_libraries(${target} PUBLIC tromp_flags)
endfunction()
