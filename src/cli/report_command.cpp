// puna report FOLDER...: what runs left, as one page.
#include <filesystem>
#include <vector>

#include "cli/commands.h"
#include "puna/sim.h"

namespace puna::cli {

Result<int> report_command(Console& console, const Options& options) {
  const std::vector<std::filesystem::path> folders(options.report.folders.begin(), options.report.folders.end());
  PUNA_TRY(const std::string page,
           sim::report(folders, {.program = "puna " PUNA_VERSION, .account = options.report.account}));
  if (options.report.file == "-") {
    console.out(page);
    return 0;
  }
  PUNA_TRY_VOID(sim::write_report(options.report.file, page));
  console.err("wrote " + printable(options.report.file) + "\n", Style::dim);
  return 0;
}

}  // namespace puna::cli
