// The store of sessions under kill -9. A child runs an agent with a scripted model and a tool that leaves a mark for
// each time it runs; it is killed at a random moment, and another child goes on from what is stored, again and again.
// Then: every event that the view was given is in the store, the store is whole, no tool ran twice.
//
//   crash_store [--kills N] [--seed S]      exit status 0: all held; 1: something did not
//
// What the view was given and which tools ran is written to files of their own, by one write() each, so that it is
// known whatever becomes of the child. In what the child was is read from memory that both share, after its death.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "puna/agent/store.h"

namespace puna {
namespace {

using namespace std::chrono_literals;

enum Phase : int { kOpening, kBetween, kWriting, kInTool };
constexpr int kKillsPerStore = 250;
constexpr int kSpawnKills = 12;  // one of so many kills may come before the store is open
constexpr std::chrono::microseconds kLifeMax = 40ms;
constexpr double kShareMin = 0.8;  // of kills in a write or a tool

struct Shared {
  std::atomic<int> phase;
  std::atomic<bool> is_open;
};

// Of one store, in a folder of its own.
struct Place {
  std::filesystem::path folder;
  std::uint64_t seed = 0;
  [[nodiscard]] std::filesystem::path store() const { return folder / "sessions.db"; }
  [[nodiscard]] std::filesystem::path seen() const { return folder / "seen"; }
  [[nodiscard]] std::filesystem::path marks() const { return folder / "marks"; }
};

// Lines that are there once write() returned, and not at all if the process died before. A kill in a write() can cut it
// between two pages of the file (never within one), so no line crosses one: empty lines fill the page before it.
class Lines {
 public:
  explicit Lines(const std::filesystem::path& file)
      : number_(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}
  void add(const std::string& line) const {
    constexpr std::size_t kPageBytes = 4096;
    const std::scoped_lock lock(mutex_);
    struct stat facts{};
    bool is_written = ::fstat(number_, &facts) == 0 && line.size() <= kPageBytes;
    if (const std::size_t in_page = static_cast<std::size_t>(facts.st_size) % kPageBytes;
        is_written && in_page + line.size() > kPageBytes) {
      is_written = write_all(std::string(kPageBytes - in_page, '\n'));
    }
    if (!is_written || !write_all(line)) {
      std::perror("crash_store: cannot write its notes");
      std::_Exit(2);
    }
  }

 private:
  [[nodiscard]] bool write_all(const std::string& text) const {
    return ::write(number_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }

  const int number_;
  mutable std::mutex mutex_;
};

class InPhase {
 public:
  InPhase(Shared& shared, Phase phase) : shared_(shared), before_(shared.phase.exchange(phase)) {}
  InPhase(const InPhase&) = delete;
  InPhase& operator=(const InPhase&) = delete;
  ~InPhase() { shared_.phase = before_; }

 private:
  Shared& shared_;
  const int before_;
};

// ---- the child ----------------------------------------------------------------------------------------------------

class MarkTool final : public Tool {
 public:
  MarkTool(Shared& shared, const Place& place, Random& random)
      : spec_({.name = "mark",
               .description = "Leaves a mark.",
               .parameters = Json::object({{"type", "object"},
                                           {"properties", Json::object({{"text", Json::object({{"type", "string"}})}})},
                                           {"required", Json::array({"text"})}})}),
        shared_(shared),
        marks_(place.marks()),
        random_(random) {}
  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token /*stop*/) override {
    const InPhase phase(shared_, kInTool);
    const std::string text(arguments.text_or("text"));
    pause();
    marks_.add(text + '\n');
    pause();
    return {.content = "marked " + text};
  }

 private:
  void pause() { std::this_thread::sleep_for(std::chrono::microseconds(random_.next() % 6'000)); }

  const ToolSpec spec_;
  Shared& shared_;
  const Lines marks_;
  Random& random_;
};

// The script of a session: replies with calls, then an answer. The same for every child.
std::vector<ScriptedReply> script_of(const std::string& session, std::uint64_t seed) {
  Random random(Random::mix(seed, std::hash<std::string>()(session)));
  std::vector<ScriptedReply> script;
  const std::size_t turns = 1 + random.next() % 4;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    Message message{.content = std::string(random.next() % 120, 't')};
    const std::size_t calls = 1 + random.next() % 3;
    for (std::size_t i = 0; i < calls; ++i) {
      const std::string id = format_text("{}-{}-{}", session, turn, i);
      message.calls.push_back({.id = id, .name = "mark", .arguments = Json::object({{"text", id}})});
    }
    script.push_back({.message = std::move(message)});
  }
  script.push_back({.message = {.content = "Done: " + std::string(random.next() % 200, 'a')}});
  return script;
}

// Notes what the screen would have shown, behind the store.
class Screen final : public EventSink {
 public:
  Screen(Shared& shared, const Lines& seen, std::string session)
      : shared_(shared), seen_(seen), session_(std::move(session)) {}
  void on(const Event& event) override {
    if (std::holds_alternative<event::PromptReady>(event) || std::holds_alternative<event::Prefill>(event)) {
      return;
    }
    const InPhase phase(shared_, kBetween);
    Json json = to_json(event);
    std::erase_if(json.as_object(), [](const Json::Member& member) { return member.key == "raw"; });
    note(json);
  }
  void note(const Json& json) const { seen_.add(session_ + '\t' + json.dump() + '\n'); }

 private:
  Shared& shared_;
  const Lines& seen_;
  const std::string session_;
};

// Around the store: says when it writes.
class Writing final : public EventSink, public RunRecord {
 public:
  Writing(Shared& shared, StoredSession& session, Screen& screen)
      : shared_(shared), session_(session), screen_(screen), view_(session.watch(screen)) {}
  void on(const Event& event) override {
    const InPhase phase(shared_, kWriting);
    view_->on(event);
  }
  [[nodiscard]] Result<void> append(const Message& message) override {
    {
      const InPhase phase(shared_, kWriting);
      PUNA_TRY_VOID(session_.append(message));
    }
    screen_.note(Json::object({{"type", "message"}, {"message", to_json(message)}}));
    return {};
  }
  [[nodiscard]] Result<void> starting(std::span<const AgentCall> path, const ToolCall& call) override {
    {
      const InPhase phase(shared_, kWriting);
      PUNA_TRY_VOID(session_.starting(path, call));
    }
    screen_.note(Json::object({{"type", "tool.running"}, {"call_id", call.id}, {"tool", call.name}}));
    return {};
  }

 private:
  Shared& shared_;
  StoredSession& session_;
  Screen& screen_;
  const std::unique_ptr<EventSink> view_;
};

// Where the events of one child begin: others say the same again.
bool is_resumption(const StoredEvent& event) { return event.json.text_or("type") == "session.resumed"; }

// One session to its end.
Result<void> run_session(Shared& shared, const Place& place, SessionStore& store, const std::string& name, bool is_new,
                         Random& random) {
  auto opened = [&] {
    const InPhase phase(shared, kWriting);
    return is_new ? store.begin(name) : store.resume(name);
  }();
  PUNA_TRY(const std::unique_ptr<StoredSession> session, std::move(opened));
  const Lines seen(place.seen());
  PUNA_TRY(const std::vector<StoredEvent> before, store.events(name));
  Screen screen(shared, seen, format_text("{}\t{}", name, std::ranges::count_if(before, is_resumption)));
  Writing writing(shared, *session, screen);
  Transcript transcript = session->transcript();
  if (transcript.empty()) {
    transcript.push_back({.role = Role::user, .content = "Leave marks for " + name});
    PUNA_TRY_VOID(writing.append(transcript.back()));
  }
  std::vector<ScriptedReply> script = script_of(name, place.seed);
  const auto given = std::ranges::count(transcript, Role::assistant, &Message::role);
  if (std::cmp_equal(given, script.size())) {
    return {};  // only the end of the run was not stored
  }
  script.erase(script.begin(), script.begin() + given);
  const auto model = ScriptedModel::create(std::move(script), 1'000'000);
  Toolbox tools;
  PUNA_TRY_VOID(tools.add(std::make_unique<MarkTool>(shared, place, random)));
  AgentOptions options;
  options.record = &writing;
  return resume(*model, tools, transcript, options, writing).transform([](const RunEnd&) {});
}

// Goes on where the last child was, with one session after another; without sessions_new, to the end of the last one.
Result<void> live(Shared& shared, const Place& place, bool begins_new, std::uint64_t seed) {
  Random random(seed);
  PUNA_TRY(const auto store, SessionStore::open(place.store()));
  PUNA_TRY(const std::vector<SessionInfo> all, store->list());
  shared.phase = kBetween;
  shared.is_open = true;
  std::size_t number = all.size();
  if (number > 0) {
    PUNA_TRY_VOID(run_session(shared, place, *store, format_text("s{:05}", number), false, random));
  }
  while (begins_new) {  // until it is killed
    PUNA_TRY_VOID(run_session(shared, place, *store, format_text("s{:05}", ++number), true, random));
  }
  return {};
}

pid_t begin_life(Shared& shared, const Place& place, bool begins_new, std::uint64_t seed) {
  shared.phase = kOpening;
  shared.is_open = false;
  const pid_t child = ::fork();
  if (child != 0) {
    return child;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto end = live(shared, place, begins_new, seed);
  if (!end) {
    std::fprintf(stderr, "crash_store: a child failed: %s\n", end.error().message.c_str());
  }
  std::_Exit(end ? 0 : 1);
}

// ---- the judge ----------------------------------------------------------------------------------------------------

struct Counts {
  std::array<std::int64_t, 4> phases{};
  std::int64_t seen = 0, lost = 0, marks = 0, twice = 0, unknown = 0, unreadable = 0, unanswered = 0;
};

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  std::vector<std::string> lines;
  for (std::size_t at = 0, end = text.find('\n'); end != std::string::npos; at = end + 1, end = text.find('\n', at)) {
    if (end > at) {
      lines.push_back(text.substr(at, end - at));
    }
  }
  return lines;
}

// Events as they are compared: streamed text letter by letter, because its pieces are joined later.
void add_tokens(std::vector<std::string>& tokens, const Json& event) {
  if (event.text_or("type") != "text.delta") {
    tokens.push_back(event.dump());
    return;
  }
  for (const char c : event.text_or("text")) {
    tokens.emplace_back(1, c);
  }
}

// What each child was given of a session, as tokens.
using SeenByChild = std::map<std::size_t, std::vector<std::string>>;

void judge_session(SessionStore& store, const std::string& name, const SeenByChild& seen, Counts& counts) {
  const auto events = store.events(name);
  const auto transcript = store.transcript(name);
  if (!events || !transcript) {
    ++counts.unreadable;
    return;
  }
  SeenByChild stored;
  std::size_t child = 0;
  for (const StoredEvent& event : *events) {
    child += is_resumption(event) ? 1 : 0;
    add_tokens(stored[child], event.json);
  }
  for (const auto& [number, tokens] : seen) {
    auto at = stored[number].begin();
    for (const std::string& token : tokens) {
      const auto found = std::find(at, stored[number].end(), token);
      if (found == stored[number].end()) {
        ++counts.lost;
        std::fprintf(stderr, "crash_store: lost in %s: %s\n", name.c_str(), token.c_str());
      } else {
        at = found + 1;
      }
    }
  }
  std::set<std::string> open;
  for (const Message& message : *transcript) {
    for (const ToolCall& call : message.calls) {
      open.insert(call.id);
    }
    open.erase(message.call_id);
    counts.unknown += message.content.starts_with("error: outcome unknown") ? 1 : 0;
  }
  counts.unanswered += static_cast<std::int64_t>(open.size());
}

void judge(const Place& place, Counts& counts) {
  const auto store = SessionStore::open(place.store());
  const auto whole = store ? (*store)->check() : Result<void>(std::unexpected(store.error()));
  if (!whole) {
    ++counts.unreadable;
    std::fprintf(stderr, "crash_store: %s\n", whole.error().message.c_str());
    return;
  }
  std::map<std::string, SeenByChild> seen;
  for (const std::string& line : lines_of(place.seen())) {  // SESSION, how often it had been resumed, the event
    ++counts.seen;
    const std::size_t name_end = line.find('\t');
    const std::size_t number_end = line.find('\t', name_end + 1);
    std::size_t number = 0;
    std::from_chars(line.data() + name_end + 1, line.data() + number_end, number);
    add_tokens(seen[line.substr(0, name_end)][number],
               Json::parse(std::string_view(line).substr(number_end + 1)).value_or(Json("no JSON")));
  }
  for (const auto& [name, tokens] : seen) {
    judge_session(**store, name, tokens, counts);
  }
  std::set<std::string> marks;
  for (const std::string& mark : lines_of(place.marks())) {
    ++counts.marks;
    if (!marks.insert(mark).second) {
      ++counts.twice;
      std::fprintf(stderr, "crash_store: ran twice: %s\n", mark.c_str());
    }
  }
}

// ---- the killer ---------------------------------------------------------------------------------------------------

// Waits until the store is open, or not at all. False: the child ended by itself.
bool wait_open(pid_t child, const Shared& shared) {
  while (!shared.is_open) {  // a child opens its store, or ends
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) {
      return false;
    }
    std::this_thread::sleep_for(100us);
  }
  return true;
}

bool kill_once(Shared& shared, const Place& place, Random& random, Counts& counts) {
  const pid_t child = begin_life(shared, place, true, random.next());
  if (random.next() % kSpawnKills != 0 && !wait_open(child, shared)) {
    return false;
  }
  std::this_thread::sleep_for(kLifeMax * random.uniform());
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ++counts.phases[static_cast<std::size_t>(shared.phase.load())];
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

bool end_last_session(Shared& shared, const Place& place, Random& random) {
  const pid_t child = begin_life(shared, place, false, random.next());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int run_kills(const std::filesystem::path& folder, int kills, std::uint64_t seed) {
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("crash_store");
    return 2;
  }
  Shared& shared = *new (memory) Shared();
  const auto begun = std::chrono::steady_clock::now();
  Random random(seed);
  Counts counts;
  int failed = 0;
  for (int done = 0; done < kills && failed == 0;) {
    const Place place{.folder = folder / std::to_string(done), .seed = seed};
    std::filesystem::create_directories(place.folder);
    for (const int end = std::min(kills, done + kKillsPerStore); done < end; ++done) {
      failed += kill_once(shared, place, random, counts) ? 0 : 1;
    }
    failed += end_last_session(shared, place, random) ? 0 : 1;
    judge(place, counts);
    std::filesystem::remove_all(place.folder);
  }
  const auto percent = [&](Phase phase) { return 100.0 * static_cast<double>(counts.phases[phase]) / kills; };
  const double share = percent(kWriting) + percent(kInTool);
  const bool held = failed == 0 && counts.lost == 0 && counts.twice == 0 && counts.unreadable == 0 &&
                    counts.unanswered == 0 && counts.marks > 0 && share >= 100 * kShareMin;
  std::printf(
      "crash-test: %s: %d kills (seed %llu), %.1f %% in a write, %.1f %% in a tool, %.1f %% while opening; %lld events "
      "acknowledged, %lld lost; %lld tools run, %lld twice, %lld outcomes unknown; %lld stores or sessions unreadable, "
      "%lld calls unanswered, %d children failed; %.0f s\n",
      held ? "passed" : "FAILED", kills, static_cast<unsigned long long>(seed), percent(kWriting), percent(kInTool),
      percent(kOpening), static_cast<long long>(counts.seen), static_cast<long long>(counts.lost),
      static_cast<long long>(counts.marks), static_cast<long long>(counts.twice),
      static_cast<long long>(counts.unknown), static_cast<long long>(counts.unreadable),
      static_cast<long long>(counts.unanswered), failed,
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  return held ? 0 : 1;
}

}  // namespace
}  // namespace puna

int main(int argc, char** argv) {
  std::uint64_t kills = 200;
  std::uint64_t seed = 1;
  const std::vector<std::string> words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < words.size(); i += 2) {
    std::uint64_t* value = words[i] == "--kills" ? &kills : words[i] == "--seed" ? &seed : nullptr;
    const std::string text = i + 1 < words.size() ? words[i + 1] : "";
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value == nullptr ? seed : *value);
    if (value == nullptr || read.ec != std::errc() || read.ptr != text.data() + text.size() || kills < 1 ||
        kills > 10'000'000) {
      std::fprintf(stderr, "usage: crash_store [--kills N] [--seed S]\n");
      return 2;
    }
  }
  std::string pattern = (std::filesystem::temp_directory_path() / "puna-crash-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    std::perror("crash_store: no temporary folder");
    return 2;
  }
  const int status = puna::run_kills(pattern, static_cast<int>(kills), seed);
  std::error_code ignored;
  std::filesystem::remove_all(pattern, ignored);
  return status;
}
