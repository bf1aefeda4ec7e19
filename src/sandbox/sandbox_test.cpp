#include "puna/sandbox.h"

#include <gtest/gtest.h>

namespace puna {
namespace {
TEST(Sandbox, RunsAProgram) {
  auto box = Sandbox::open();
  ASSERT_TRUE(box) << box.error().message;
  std::cout << box->probe().to_json().dump(2) << "\n";
  for (int i = 0; i < 3; ++i) {
  auto out = box->run({.arguments = {"/usr/bin/python3", "-I", "-c", "import os,sys;print(os.environ, os.getcwd(), os.getuid(), os.listdir('/'), os.listdir('/proc/self/fd') if os.path.exists('/proc/self') else 0); sys.exit(3)"}});
  ASSERT_TRUE(out) << out.error().message;
  std::cout << out->out.text() << out->err.text() << name_of(out->end) << out->exit_status << " " << out->wall_time.count() << " " << out->cpu_time.count() << "\n";
  }
  SandboxOptions b{.tier_max = SandboxTier::b};
  box = Sandbox::open(b);
  ASSERT_TRUE(box) << box.error().message;
  auto out = box->run({.arguments = {"/usr/bin/python3", "-I", "-c", "import os,sys;print(os.environ, os.getcwd(), os.getuid()); sys.exit(3)"}});
  ASSERT_TRUE(out) << out.error().message;
  std::cout << out->out.text() << out->err.text() << name_of(out->end) << out->exit_status << " " << out->wall_time.count() << "\n";
}
}  // namespace
}  // namespace puna
