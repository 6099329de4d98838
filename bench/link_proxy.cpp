// A link that can be cut and healed, for bench/rejoin.sh: link_proxy TARGET_PORT prints its own port, then does what stands
// in each line of its standard input (`cut`, `pass`) and says `done`.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/support/proxy.hpp"

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tromp::test::Proxy proxy(static_cast<std::uint16_t>(std::atoi(argv[1])));
    std::cout << proxy.port() << std::endl;
    for (std::string order; std::getline(std::cin, order);) {
        if (order == "cut") proxy.cut();
        if (order == "pass") proxy.pass();
        std::cout << "done" << std::endl;
    }
}
