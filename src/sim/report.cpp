// The page around the sections. See report.h.
#include "puna/sim/report.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/report_section.h"
#include "sim/report_style.h"
#include "sim/result_files.h"
#include "sim/results.h"

namespace puna::sim {
namespace {

constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

struct Groups {
  std::vector<RunGroup> all;
  std::vector<std::size_t> repeated;  // of each
};

// Orders the runs, and joins those of one text.
Groups groups_of(std::vector<RunRecord>& runs) {
  std::ranges::sort(runs, [](const RunRecord& a, const RunRecord& b) {
    return std::tie(a.id, a.text, a.seed, a.log_hash, a.rest_hash) <
           std::tie(b.id, b.text, b.seed, b.log_hash, b.rest_hash);
  });
  Groups groups;
  for (const RunRecord& run : runs) {
    const bool is_same =
        !groups.all.empty() && groups.all.back().first().id == run.id && groups.all.back().first().text == run.text;
    if (!is_same) {
      groups.all.push_back({.runs = {&run}, .title = run.id});
      groups.repeated.push_back(0);
    } else if (groups.all.back().runs.back()->seed == run.seed &&
               groups.all.back().runs.back()->log_hash == run.log_hash) {
      ++groups.repeated.back();
    } else {
      groups.all.back().runs.push_back(&run);
    }
  }
  for (std::size_t begin = 0; begin < groups.all.size();) {
    std::size_t end = begin + 1;
    while (end < groups.all.size() && groups.all[end].first().id == groups.all[begin].first().id) {
      ++end;
    }
    for (std::size_t i = begin; i < end && end - begin > 1; ++i) {
      groups.all[i].title += format_text(", text {} of {}", i - begin + 1, end - begin);
    }
    begin = end;
  }
  return groups;
}

void write_contents(Markup& out, const std::vector<RunGroup>& groups) {
  out.open("nav", {{"aria-label", "contents"}}).open("ul").line();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    out.open("li").open("a", {{"href", format_text("#s{}", i + 1)}}).element("bdi", {}, groups[i].title).close();
    out.open("ul").line();
    for (const ReportPart& part : report_parts()) {
      out.open("li").element("a", {{"href", format_text("#s{}-{}", i + 1, part.anchor)}}, part.title).close().line();
    }
    out.close().close().line();
  }
  out.close().close().line();
}

std::string page_title(const std::vector<RunGroup>& groups) {
  return groups.size() == 1 ? groups.front().title + " - simulation report"
                            : format_text("Simulation report of {} scenarios", groups.size());
}

void write_head(Markup& out, const std::string& title) {
  out.raw("<!DOCTYPE html>\n").open("html", {{"lang", "en"}}).line().open("head").line();
  out.empty("meta", {{"charset", "utf-8"}}).line();
  out.empty("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", kPolicy}}).line();
  out.empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}}).line();
  out.empty("meta", {{"name", "color-scheme"}, {"content", "light dark"}}).line();
  out.empty("meta", {{"name", "referrer"}, {"content", "no-referrer"}}).line();
  out.element("title", {}, title).line();
  out.open("style").raw(report_style()).close().line().close().line();
}

std::string page_of(const Groups& groups, const ReportOptions& options) {
  std::size_t runs = 0;
  for (const RunGroup& group : groups.all) {
    runs += group.runs.size();
  }
  Markup out;
  write_head(out, page_title(groups.all));
  out.open("body").line().open("header").element("h1", {}, "Simulation report");
  out.element(
      "p", {{"class", "lead"}},
      format_text("{} {} of {} {}. Epochs and steps are counted from 1 here, in the files of a run from 0.", runs,
                  runs == 1 ? "run" : "runs", groups.all.size(), groups.all.size() == 1 ? "scenario" : "scenarios"));
  out.close().line();
  write_contents(out, groups.all);
  out.open("main").line();
  PageNumbers numbers;
  for (std::size_t i = 0; i < groups.all.size(); ++i) {
    write_section(out, groups.all[i], groups.repeated[i], options.account, numbers);
  }
  out.close().line().open("footer");
  out.element(
      "p", {},
      "Mean over nothing is shown as \xE2\x80\x93 and as a gap in a line. Colours: Okabe and Ito's palette for types "
      "of agents; orange to blue for low to high.");
  if (!options.program.empty()) {
    out.element("p", {}, "Made by " + options.program + ".");
  }
  out.close().line().close().line().close().line();
  return std::move(out).take();
}

}  // namespace

Result<std::string> report(std::span<const std::filesystem::path> folders, const ReportOptions& options,
                           const Worlds& worlds) {
  if (folders.empty()) {
    return fail(ErrorCode::invalid_argument, "a report needs a folder of results", "the folder of puna sim run --out");
  }
  std::vector<RunRecord> runs;
  for (const std::filesystem::path& folder : folders) {
    PUNA_TRY(std::vector<RunRecord> found, read_runs(folder, worlds, options.account));
    runs.insert(runs.end(), std::move_iterator(found.begin()), std::move_iterator(found.end()));
  }
  return page_of(groups_of(runs), options);
}

Result<void> write_report(const std::filesystem::path& file, std::string_view page) { return write_whole(file, page); }

}  // namespace puna::sim
