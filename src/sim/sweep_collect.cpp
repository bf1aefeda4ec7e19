// The results of a sweep, checked against its plan and joined.
#include <algorithm>
#include <system_error>
#include <utility>

#include "puna/sim/sweep.h"
#include "sim/read_csv.h"
#include "sim/replays.h"
#include "sim/result_files.h"
#include "sim/results.h"
#include "sim/sweep_folder.h"

namespace puna::sim {
namespace {

// Tables of many runs as one: the run's id, seed and values stand before its own columns.
class JoinedTable {
 public:
  explicit JoinedTable(const SweepPlan& plan) : head_("run,seed") {
    for (const SweepAxis& axis : plan.axes) {
      head_ += "," + csv_cell(axis.path);
    }
  }

  void add(const std::string& key, const std::vector<std::string>& columns, const std::vector<std::string>& row) {
    if (text_.empty()) {
      text_ = head_ + joined_cells(columns) + "\n";
    }
    text_ += key + joined_cells(row) + "\n";
  }
  // Without a run it is its first line.
  [[nodiscard]] std::string text() const { return text_.empty() ? head_ + "\n" : text_; }

 private:
  [[nodiscard]] static std::string joined_cells(const std::vector<std::string>& cells) {
    std::string text;
    for (const std::string& cell : cells) {
      text += "," + csv_cell(cell);
    }
    return text;
  }

  std::string head_;
  std::string text_;
};

std::string run_key(const SweepPlan& plan, const SweepRun& run) {
  std::string key = format_text("{},{}", run.id, run.seed);
  for (std::size_t axis = 0; axis < plan.axes.size(); ++axis) {
    key += "," + csv_cell(value_text(plan, run, axis));
  }
  return key;
}

class Collector {
 public:
  Collector(const SweepPlan& plan, SweepFolder folder, const Worlds& worlds)
      : plan_(plan), folder_(std::move(folder)), worlds_(worlds), runs_(plan), epochs_(plan), agents_(plan) {}

  Result<void> look_at(std::size_t number) {
    const SweepRun& run = plan_.runs[number];
    std::error_code code;
    PUNA_TRY(const bool is_there, folder_.has(run.id, *run.scenario));
    if (is_there) {
      Result<void> taken = take(run);
      if (!taken && (taken.error().code == ErrorCode::corrupt || taken.error().code == ErrorCode::not_found)) {
        taken.error().hint = "remove the folder of this run; the next puna sweep run does it again";
      }
      return taken;
    }
    if (std::filesystem::exists(folder_.failure(run.id), code)) {
      PUNA_TRY(const std::string text, read_result_file(folder_.failure(run.id)));
      const Json record = Json::parse(text).value_or(Json());
      collected_.failed.emplace_back(number, record.text_or("message", "its record cannot be read"));
    } else if (std::filesystem::exists(folder_.part(run.id), code)) {
      collected_.begun.push_back(number);
    } else {
      collected_.missing.push_back(number);
    }
    return {};
  }

  Result<Collected> write() {
    end_point();
    const std::vector<std::pair<std::string, std::string>> texts{{"_runs.csv", runs_.text()},
                                                                 {"_epochs.csv", epochs_.text()},
                                                                 {"_agents.csv", agents_.text()},
                                                                 {".json", summary().dump(1) + "\n"}};
    for (const auto& [name, text] : texts) {
      collected_.files.push_back(folder_.root / (plan_.id + name));
      PUNA_TRY_VOID(write_whole(collected_.files.back(), text));
    }
    return std::move(collected_);
  }
  [[nodiscard]] const Collected& collected() const { return collected_; }

 private:
  Result<void> take(const SweepRun& run) {
    const std::filesystem::path place = folder_.complete(run.id);
    PUNA_TRY(const std::vector<RunRecord> records, read_runs(place, worlds_, true));
    if (records.size() != 1 || records[0].seed != run.seed || records[0].text != run.scenario->text ||
        !records[0].is_finished) {
      return damaged(place / events_file(*run.scenario), 1, "it is not the whole log of this run");
    }
    PUNA_TRY(const std::string log, read_result_file(place / events_file(*run.scenario)));
    if (point_ == nullptr || point_->values != run.values) {
      end_point();
      point_ = &run;
    }
    replays_.add(log);
    const std::string key = run_key(plan_, run);
    PUNA_TRY_VOID(join(epochs_, key, place / epochs_file(*run.scenario)));
    PUNA_TRY_VOID(join(agents_, key, place / agents_file(*run.scenario)));
    return summarize(run, key, place / export_file(*run.scenario), records[0]);
  }
  // The plan has the runs of a point one after the other.
  void end_point() {
    if (point_ != nullptr) {
      Json point = replays_.summary();
      point.set("values", values_json(plan_, *point_));
      points_.push(std::move(point));
      replays_ = Replays();
      point_ = nullptr;
    }
  }
  static Result<void> join(JoinedTable& table, const std::string& key, const std::filesystem::path& file) {
    PUNA_TRY(const std::string text, read_result_file(file));
    PUNA_TRY(const CsvTable rows, read_csv(file, text));
    for (const std::vector<std::string>& row : rows.rows) {
      table.add(key, rows.columns, row);
    }
    return {};
  }
  // A line of the table of runs, and an entry of the JSON file.
  Result<void> summarize(const SweepRun& run, const std::string& key, const std::filesystem::path& file,
                         const RunRecord& record) {
    PUNA_TRY(const std::string text, read_result_file(file));
    const Json json = Json::parse(text).value_or(Json());
    const Json* total = json.find("total");
    const Json* calibration = json.find("calibration");
    const Json* criteria = json.find("success_criteria");
    if (total == nullptr || !total->is_object() || calibration == nullptr || criteria == nullptr) {
      return damaged(file, 1, "it has no total, calibration or success_criteria");
    }
    const bool is_success = std::ranges::all_of(record.verdicts, &Verdict::is_met);
    std::vector<std::string> columns{"success"};
    std::vector<std::string> row{is_success ? "true" : "false"};
    for (const Json::Member& member : total->as_object()) {
      columns.push_back(member.key);
      row.push_back(member.value.dump());
    }
    runs_.add(key, columns, row);
    json_.push(Json::object({{"run", run.id},
                             {"seed", run.seed},
                             {"values", values_json(plan_, run)},
                             {"success", is_success},
                             {"total", *total},
                             {"calibration", *calibration},
                             {"success_criteria", *criteria}}));
    ++collected_.complete;
    collected_.successes += is_success ? 1 : 0;
    return {};
  }
  [[nodiscard]] Json summary() const {
    Json absent = Json::array();
    for (const std::vector<std::size_t>& runs : {collected_.missing, collected_.begun}) {
      for (const std::size_t run : runs) {
        absent.push(plan_.runs[run].id);
      }
    }
    for (const auto& [run, message] : collected_.failed) {
      absent.push(plan_.runs[run].id);
    }
    return Json::object({{"sweep", plan_.id},
                         {"complete", collected_.is_complete()},
                         {"runs", json_},
                         {"points", points_},
                         {"absent", std::move(absent)}});
  }

  const SweepPlan& plan_;
  const SweepFolder folder_;
  const Worlds& worlds_;
  JoinedTable runs_;
  JoinedTable epochs_;
  JoinedTable agents_;
  Json json_ = Json::array();
  const SweepRun* point_ = nullptr;  // whose runs are being looked at
  Replays replays_;                  // of that point
  Json points_ = Json::array();
  Collected collected_;
};

}  // namespace

Result<Collected> collect_sweep(const SweepPlan& plan, const std::filesystem::path& folder, bool take_part,
                                const Worlds& worlds) {
  std::error_code code;
  if (!std::filesystem::is_directory(folder, code)) {
    return fail(ErrorCode::not_found, format_text("no such folder: {}", printable(folder.string())),
                "the folder that puna sweep run --out wrote");
  }
  Collector collector(plan, {.root = folder}, worlds);
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    PUNA_TRY_VOID(collector.look_at(run));
  }
  if (!collector.collected().is_complete() && !take_part) {
    return collector.collected();
  }
  return collector.write();
}

}  // namespace puna::sim
