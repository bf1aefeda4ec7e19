// <chrono>, <filesystem>, <thread> and the streams bring <format>, and with it every file compiles all that
// std::vformat can do: half a second each. The C++ library has that code inside and says so itself up to C++20
// (<format>); this says it for C++23. Only part of the precompiled headers, and only where puna_room.cmake found that
// it compiles and links; src/base/format.cpp, the one file that formats, compiles its own.
#pragma once

#include <format>

namespace std::__format {
extern template _Sink_iter<char> __do_vformat_to<char, 1>(_Sink_iter<char>, string_view, format_context&);
extern template _Sink_iter<wchar_t> __do_vformat_to<wchar_t, 1>(_Sink_iter<wchar_t>, wstring_view, wformat_context&);
}  // namespace std::__format
