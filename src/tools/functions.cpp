// See functions.h.
#include "tools/functions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include "tools/observation.h"

namespace puna::tools {
namespace {

using Int = std::int64_t;
constexpr Int kRoundDigitsMax = 15;

// Functions from one double to one double; what is outside their domain comes out as NaN or an infinity.
struct RealFunction {
  std::string_view name;
  double (*compute)(double);
};
constexpr std::array<RealFunction, 11> kRealFunctions = {{
    {"sqrt", [](double x) { return std::sqrt(x); }},
    {"exp", [](double x) { return std::exp(x); }},
    {"ln", [](double x) { return std::log(x); }},
    {"log10", [](double x) { return std::log10(x); }},
    {"log2", [](double x) { return std::log2(x); }},
    {"sin", [](double x) { return std::sin(x); }},
    {"cos", [](double x) { return std::cos(x); }},
    {"tan", [](double x) { return std::tan(x); }},
    {"asin", [](double x) { return std::asin(x); }},
    {"acos", [](double x) { return std::acos(x); }},
    {"atan", [](double x) { return std::atan(x); }},
}};
constexpr std::string_view kFunctionNames =
    "sqrt, abs, round, floor, ceil, min, max, log, ln, log10, log2, exp, sin, cos, tan, asin, acos, atan";

std::unexpected<Error> undefined(std::string_view name, const Number& argument) {
  return fail(ErrorCode::invalid_argument, format_text("{} is not defined for {}", name, to_text(argument)));
}

std::unexpected<Error> wrong_count(std::string_view name, std::string_view wanted, std::size_t got) {
  return fail(ErrorCode::invalid_argument, format_text("{} takes {}, not {}", name, wanted, got));
}

Result<Number> real(const RealFunction& function, const Number& argument) {
  const double x = to_double(argument);
  const double y = function.compute(x);
  if (std::isnan(y) || (std::isinf(y) && y < 0.0)) {  // sqrt(-1), ln(0)
    return undefined(function.name, argument);
  }
  return number_from(y);
}

Result<Number> logarithm(std::span<const Number> arguments) {
  const double x = to_double(arguments[0]);
  if (x <= 0.0) {
    return undefined("log", arguments[0]);
  }
  if (arguments.size() == 1) {
    return number_from(std::log(x));
  }
  const double base = to_double(arguments[1]);
  if (base <= 0.0 || base == 1.0) {
    return fail(ErrorCode::invalid_argument, format_text("{} cannot be the base of log", to_text(arguments[1])));
  }
  if (base == 10.0) {  // exact where the quotient of two logarithms is not: log(1000, 10)
    return number_from(std::log10(x));
  }
  if (base == 2.0) {
    return number_from(std::log2(x));
  }
  return number_from(std::log(x) / std::log(base));
}

Result<Number> rounded(std::span<const Number> arguments) {
  Int digits = 0;
  if (arguments.size() == 2) {
    const Int* wanted = std::get_if<Int>(&arguments[1]);
    if (wanted == nullptr || *wanted < 0 || *wanted > kRoundDigitsMax) {
      return fail(ErrorCode::invalid_argument,
                  format_text("round takes 0 to {} digits, not {}", kRoundDigitsMax, to_text(arguments[1])));
    }
    digits = *wanted;
  }
  const double* value = std::get_if<double>(&arguments[0]);
  if (value == nullptr) {
    return arguments[0];
  }
  const double scale = std::pow(10.0, static_cast<double>(digits));
  const double scaled = std::round(*value * scale);
  return std::isinf(scaled) ? arguments[0] : number_from(scaled / scale);  // so large that it has no fraction
}

Result<Number> whole(double (*direction)(double), const Number& argument) {
  const double* value = std::get_if<double>(&argument);
  return value == nullptr ? Result<Number>(argument) : number_from(direction(*value));
}

}  // namespace

Result<Number> constant(std::string_view name) {
  if (name == "pi") {
    return Number(std::numbers::pi);
  }
  if (name == "e") {
    return Number(std::numbers::e);
  }
  return fail(ErrorCode::invalid_argument, format_text("unknown name '{}'", shown(name)));
}

Result<Number> apply(std::string_view name, std::span<const Number> arguments) {
  PUNA_CHECK(!arguments.empty(), "a function call has at least one argument");
  if (name == "min") {
    return *std::ranges::min_element(arguments, less);
  }
  if (name == "max") {
    return *std::ranges::max_element(arguments, less);
  }
  const std::size_t count = arguments.size();
  if (name == "log" || name == "round") {
    if (count > 2) {
      return wrong_count(name, "one or two arguments", count);
    }
    return name == "log" ? logarithm(arguments) : rounded(arguments);
  }
  const auto known = std::ranges::find(kRealFunctions, name, &RealFunction::name);
  const bool is_whole = name == "abs" || name == "floor" || name == "ceil";
  if (known == kRealFunctions.end() && !is_whole) {
    return fail(ErrorCode::invalid_argument,
                format_text("unknown function '{}'. Functions: {}", shown(name), kFunctionNames));
  }
  if (count != 1) {
    return wrong_count(name, "one argument", count);
  }
  if (name == "abs") {
    return less(arguments[0], Number(Int{0})) ? negate(arguments[0]) : Result<Number>(arguments[0]);
  }
  if (is_whole) {
    return whole(
        name == "floor" ? [](double x) { return std::floor(x); } : [](double x) { return std::ceil(x); }, arguments[0]);
  }
  return real(*known, arguments[0]);
}

}  // namespace puna::tools
