# krv_layer(NAME [DIR dir] [MAY layer ...] SOURCES file ... [LIBS target ...])
#
# One folder, one layer, one object library krv_NAME. It may include its own
# headers and those of the layers named after MAY, and no others: each gets an
# -iquote, nothing else does, so a forbidden include does not compile. Layers are
# objects, compiled once, and linked into the programs that krv_link names.
function(krv_layer name)
  cmake_parse_arguments(ARG "" "DIR" "MAY;SOURCES;LIBS" ${ARGN})
  if(NOT ARG_DIR)
    set(ARG_DIR ${name})
  endif()
  set(dir ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_DIR})
  list(TRANSFORM ARG_SOURCES PREPEND ${dir}/ REGEX "^[^/]") # generated sources are absolute
  add_library(krv_${name} OBJECT ${ARG_SOURCES})
  set_property(TARGET krv_${name} PROPERTY KRV_DIR ${dir})
  set_property(TARGET krv_${name} PROPERTY KRV_LIBS ${ARG_LIBS})
  target_compile_options(krv_${name} PRIVATE -iquote ${dir})
  foreach(layer ${ARG_MAY})
    get_property(other TARGET krv_${layer} PROPERTY KRV_DIR)
    target_compile_options(krv_${name} PRIVATE "SHELL:-iquote ${other}")
  endforeach()
  target_link_libraries(krv_${name} PRIVATE krv_flags ${ARG_LIBS})
endfunction()

# krv_link(TARGET layer ...): links exactly these layers, and the libraries that
# they need, into a program.
function(krv_link target)
  foreach(layer ${ARGN})
    get_property(libs TARGET krv_${layer} PROPERTY KRV_LIBS)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:krv_${layer}>)
    target_link_libraries(${target} PRIVATE ${libs})
  endforeach()
  target_link_libraries(${target} PRIVATE krv_flags)
endfunction()

# krv_see(TARGET layer ...): lets a program include headers of these layers.
function(krv_see target)
  foreach(layer ${ARGN})
    get_property(dir TARGET krv_${layer} PROPERTY KRV_DIR)
    target_compile_options(${target} PRIVATE "SHELL:-iquote ${dir}")
  endforeach()
endfunction()

# krv_embed(TARGET SYMBOL file): the file's bytes as const unsigned char SYMBOL[] and
# const size_t SYMBOL_len, declared in "SYMBOL.h", compiled into the target.
function(krv_embed target symbol file)
  if(NOT TARGET krv_embed_tool)
    add_executable(krv_embed_tool ${CMAKE_SOURCE_DIR}/proto/base/tool/embed.c)
  endif()
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embed/${symbol})
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/embed)
  get_filename_component(from ${file} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  add_custom_command(OUTPUT ${out}.c ${out}.h
    COMMAND krv_embed_tool ${from} ${symbol} ${out} DEPENDS ${from} VERBATIM)
  target_sources(${target} PRIVATE ${out}.c ${out}.h)
  target_compile_options(${target} PRIVATE "SHELL:-iquote ${CMAKE_CURRENT_BINARY_DIR}/embed")
endfunction()
