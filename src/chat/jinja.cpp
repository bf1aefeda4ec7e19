// Jinja through minja, the only file that sees it. No exception leaves: minja reports every failure as std::exception.
//
// Bounds: the source (jinja_guard.h); the output, by a stream buffer that stops; look-ups of variables and the depth of
// the stack, counted where every name is found, in our own root context; range(). What is not bounded: a template that
// loops over lists it wrote out itself, without naming a variable, or that multiplies a text by a large number.
#include "chat/jinja.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <exception>
#include <iomanip>
#include <ios>
#include <locale>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <streambuf>
#include <utility>

// minja looks for each token with a search through the whole rest of the template and then asks whether the match is
// right here: 64 KiB of source take minutes. It names every such expression `regex`; these only need to match right
// here. The one search that must look further names another.
namespace puna {
constexpr auto search_flags(std::string_view expression_name) {
  return expression_name == "regex" ? std::regex_constants::match_continuous : std::regex_constants::match_default;
}
}  // namespace puna
#define regex_search(first, last, match, expression) \
  regex_search(first, last, match, expression, puna::search_flags(#expression))
#include <minja/minja.hpp>
#undef regex_search

#include "chat/jinja_guard.h"
#include "puna/chat/template.h"

namespace puna {

struct Jinja::Parsed {
  std::shared_ptr<minja::TemplateNode> root;
};

namespace {

constexpr std::size_t kStackBytesMax = 2U << 20U;  // of the thread's stack, for one render
constexpr std::int64_t kRangeMax = 100'000;

// Thrown through minja, which keeps the text only; error_from() finds it again.
constexpr std::string_view kLimitText = "over the limit: ";

[[noreturn]] void stop(const std::string& what) { throw std::runtime_error(std::string(kLimitText) + what); }

// Collects text up to a bound.
class BoundedBuffer : public std::streambuf {
 public:
  explicit BoundedBuffer(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  [[nodiscard]] std::string take() { return std::move(text_); }

 protected:
  std::streamsize xsputn(const char* data, std::streamsize count) override {
    if (text_.size() + static_cast<std::size_t>(count) > bytes_max_) {
      stop(format_text("a prompt of more than {} bytes", bytes_max_));
    }
    text_.append(data, static_cast<std::size_t>(count));
    return count;
  }
  int_type overflow(int_type c) override {
    const char byte = traits_type::to_char_type(c);
    return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
  }

 private:
  std::size_t bytes_max_;
  std::string text_;
};

// The globals of one render; every name that is not local is looked for here.
class CountingContext : public minja::Context {
 public:
  CountingContext(minja::Value&& values, const std::shared_ptr<minja::Context>& builtins, std::uint64_t lookups_max)
      : minja::Context(std::move(values), builtins), base_(here()), lookups_max_(lookups_max) {}

  minja::Value get(const minja::Value& key) override {
    count();
    return minja::Context::get(key);
  }
  minja::Value& at(const minja::Value& key) override {
    count();
    return minja::Context::at(key);
  }
  bool contains(const minja::Value& key) override {
    count();
    return minja::Context::contains(key);
  }

  // A macro holds the context that it is defined in, and that context holds the macro: neither would ever be freed.
  void forget() { values_ = minja::Value::object(); }

 private:
  // Where the stack is now, as a number. The frame's own address is what is wanted, so no sanitizer may move it.
  [[gnu::noinline]] static std::uintptr_t here() {
    return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  }

  void count() {
    if (++lookups_ > lookups_max_) {
      stop(format_text("more than {} steps", lookups_max_));
    }
    const std::uintptr_t now = here();
    if ((now > base_ ? now - base_ : base_ - now) > kStackBytesMax) {
      stop("macros that call one another too deep");
    }
  }

  std::uintptr_t base_;
  std::uint64_t lookups_max_;
  std::uint64_t lookups_ = 0;
};

minja::Value to_value(const Json& json) {
  if (json.is_object()) {
    minja::Value object = minja::Value::object();
    for (const Json::Member& member : json.as_object()) {
      object.set(minja::Value(member.key), to_value(member.value));
    }
    return object;
  }
  if (json.is_array()) {
    minja::Value array = minja::Value::array();
    for (const Json& item : json.as_array()) {
      array.push_back(to_value(item));
    }
    return array;
  }
  if (json.is_string()) {
    return minja::Value(json.as_string());
  }
  if (json.is_integer() && !json.has_point()) {
    return minja::Value(json.as_integer());
  }
  if (json.is_number()) {
    return minja::Value(json.as_double());
  }
  return json.is_bool() ? minja::Value(json.as_bool()) : minja::Value();
}

// minja's range() builds the whole list at once, and with a step of 0 for ever.
minja::Value bounded_range(const std::shared_ptr<minja::Context>& builtins) {
  const minja::Value unbounded = builtins->get(minja::Value("range"));
  return minja::Value::callable(
      [unbounded](const std::shared_ptr<minja::Context>& context, minja::ArgumentsValue& args) -> minja::Value {
        std::array<std::int64_t, 3> bounds = {0, 0, 1};  // start, end, step
        const std::array<std::string_view, 3> names = {"start", "end", "step"};
        args.expectArgs("range", {0, 3}, {0, 3});
        for (std::size_t i = 0; i < args.args.size(); ++i) {
          bounds[args.args.size() == 1 ? 1 : i] = args.args[i].get<std::int64_t>();
        }
        for (const auto& [name, value] : args.kwargs) {
          const auto place = std::find(names.begin(), names.end(), name);
          if (place != names.end()) {
            bounds[static_cast<std::size_t>(place - names.begin())] = value.get<std::int64_t>();
          }
        }
        constexpr std::int64_t kEdge = std::int64_t{1} << 60U;
        const auto [start, end, step] = bounds;
        const bool is_sane = step != 0 && start > -kEdge && start < kEdge && end > -kEdge && end < kEdge &&
                             step > -kEdge && step < kEdge && (end - start) / step <= kRangeMax;
        if (!is_sane) {
          stop(format_text("range() of more than {} numbers", kRangeMax));
        }
        return unbounded.call(context, args);
      });
}

// minja's tojson writes every character as it is, and refuses to be told so (ensure_ascii=False), or to be told that
// nothing is to be indented (indent=None).
minja::Value tojson_function(const std::shared_ptr<minja::Context>& builtins) {
  const minja::Value plain = builtins->get(minja::Value("tojson"));
  return minja::Value::callable(
      [plain](const std::shared_ptr<minja::Context>& context, minja::ArgumentsValue& args) -> minja::Value {
        std::erase_if(args.kwargs, [](const auto& named) {
          return named.first == "ensure_ascii" || (named.first == "indent" && named.second.is_null());
        });
        return plain.call(context, args);
      });
}

minja::Value not_empty_function() {
  return minja::Value::callable(
      [](const std::shared_ptr<minja::Context>&, minja::ArgumentsValue& args) -> minja::Value {
        if (args.args.size() != 1 || !args.kwargs.empty() || !args.args[0].is_string() ||
            args.args[0].get<std::string>().empty()) {
          stop("split() or replace() of an empty text");
        }
        return args.args[0];
      });
}

std::string date_text(std::chrono::year_month_day today, const std::string& form) {
  const std::chrono::sys_days days = today;
  std::tm parts{};
  parts.tm_year = static_cast<int>(today.year()) - 1900;
  parts.tm_mon = static_cast<int>(static_cast<unsigned>(today.month())) - 1;
  parts.tm_mday = static_cast<int>(static_cast<unsigned>(today.day()));
  parts.tm_wday = static_cast<int>(std::chrono::weekday(days).c_encoding());
  const std::chrono::sys_days new_year = today.year() / std::chrono::January / 1;
  parts.tm_yday = static_cast<int>((days - new_year).count());
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << std::put_time(&parts, form.c_str());
  return out.str();
}

minja::Value date_function(std::chrono::year_month_day today) {
  return minja::Value::callable(
      [today](const std::shared_ptr<minja::Context>&, minja::ArgumentsValue& args) -> minja::Value {
        args.expectArgs("strftime_now", {1, 1}, {0, 0});
        return minja::Value(date_text(today, args.args[0].get<std::string>()));
      });
}

// minja's text is "what at row 3, column 5:\n" and source lines, once for each level it passed; the first is the place.
Error error_from(std::string_view text) {
  const std::size_t place = text.find(" at row ");
  std::string_view what = text.substr(0, place);
  std::string where;
  if (place != std::string_view::npos) {
    const std::string_view rest = text.substr(place + 4);
    where = format_text(" ({})", rest.substr(0, rest.find(':')));
  }
  const std::size_t limit = what.find(kLimitText);
  const bool is_limit = limit != std::string_view::npos;
  if (is_limit) {
    what = what.substr(limit + kLimitText.size());
  }
  return {.code = is_limit ? ErrorCode::limit : ErrorCode::invalid_argument,
          .message = format_text("{}{}", utf8::sanitize(utf8::truncate(what, 2000)), where),
          .hint = {}};
}

}  // namespace

Result<Jinja> Jinja::parse(std::string_view source) {
  PUNA_TRY(const std::string guarded, guard_template(source));
  try {
    auto root =
        minja::Parser::parse(guarded, {.trim_blocks = true, .lstrip_blocks = true, .keep_trailing_newline = false});
    return Jinja(std::make_shared<const Parsed>(std::move(root)));
  } catch (const std::exception& problem) {
    Error error = error_from(problem.what());
    error.message = "the chat template does not parse: " + error.message;
    return std::unexpected(std::move(error));
  }
}

Result<std::string> Jinja::render(const Json& variables, const std::optional<std::chrono::year_month_day>& today,
                                  const RenderBounds& bounds) const {
  try {
    const std::shared_ptr<minja::Context> builtins = minja::Context::builtins();
    minja::Value globals = to_value(variables);
    globals.set(minja::Value("range"), bounded_range(builtins));
    globals.set(minja::Value(std::string(kNotEmpty)), not_empty_function());
    globals.set(minja::Value("tojson"), tojson_function(builtins));
    if (today && today->ok()) {
      globals.set(minja::Value("strftime_now"), date_function(*today));
      globals.set(minja::Value("datetime"), minja::Value(date_text(*today, "%b %d %Y")));
      globals.set(minja::Value("date_string"), minja::Value(date_text(*today, "%d %b %Y")));
    }
    const auto context = std::make_shared<CountingContext>(std::move(globals), builtins, bounds.lookups_max);
    const auto forget = [](CountingContext* globals_of_render) { globals_of_render->forget(); };
    const std::unique_ptr<CountingContext, decltype(forget)> cleaner(context.get(), forget);
    BoundedBuffer buffer(bounds.bytes_max);
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out.std::ios::rdbuf(&buffer);
    out.exceptions(std::ios::badbit | std::ios::failbit);
    parsed_->root->render(out, context);
    return buffer.take();
  } catch (const std::exception& problem) {
    Error error = error_from(problem.what());
    error.message = "the chat template refused the conversation: " + error.message;
    return std::unexpected(std::move(error));
  }
}

}  // namespace puna
