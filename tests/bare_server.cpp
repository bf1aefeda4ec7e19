// The least that a server on cpp-httplib takes to answer: what server_load.py times /health beside. Prints its address.
#include <httplib.h>

#include <cstdio>

int main() {
  constexpr const char* kHost = "127.0.0.1";
  httplib::Server server;
  server.Get("/health", [](const httplib::Request& /*request*/, httplib::Response& response) {
    response.set_content("{}", "application/json");
  });
  const int port = server.bind_to_any_port(kHost);
  if (port < 0) {
    return 1;
  }
  std::printf("http://%s:%d\n", kHost, port);
  std::fflush(stdout);
  return server.listen_after_bind() ? 0 : 1;
}
