// The flight recorder's raw form: what a crash handler can write, and its way back.
//
//   "WPYFLT2\n"  u64 now_ns  u32 rings  then per ring:  u32 index  u32 words  u64 cursor  char label[32]  words × u64
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <istream>

#include "runtime/observe/flight_trace.hpp"
#include "scheduler/clock.hpp"

namespace wippy::observe {

namespace {

constexpr char kMagic[8] = {'W', 'P', 'Y', 'F', 'L', 'T', '2', '\n'};
constexpr std::size_t kLabelBytes = 32;
constexpr uint32_t kMostWords = 1u << 24;

struct RingHeader {
  uint32_t index;
  uint32_t words;
  uint64_t cursor;
  char label[kLabelBytes];
};
static_assert(sizeof(RingHeader) == 48);

bool put(int fd, const void* data, std::size_t bytes) noexcept {
  const char* at = static_cast<const char*>(data);
  while (bytes != 0) {
    const ssize_t n = ::write(fd, at, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

template <class T>
bool get(std::istream& in, T& value) {
  in.read(reinterpret_cast<char*>(&value), sizeof value);
  return static_cast<bool>(in);
}

// In pieces: a damaged size costs no more memory than the file has.
bool get_words(std::istream& in, uint32_t words, std::vector<uint64_t>& ring) {
  constexpr std::size_t kPiece = 1u << 15;
  while (ring.size() < words) {
    const std::size_t had = ring.size();
    ring.resize(std::min(had + kPiece, std::size_t{words}));
    in.read(reinterpret_cast<char*>(ring.data() + had),
            static_cast<std::streamsize>((ring.size() - had) * sizeof(uint64_t)));
    if (!in) return false;
  }
  return true;
}

const FlightRings* g_rings = nullptr;  // written before the handlers are installed
char g_path[4096] = "";
constexpr int kCrashSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

void on_crash(int signal) {
  for (const int s : kCrashSignals) std::signal(s, SIG_DFL);  // a crash in here ends it
  const int fd = ::open(g_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd >= 0) {
    const bool whole = write_raw_flight(*g_rings, monotonic_ns(), fd);
    ::close(fd);
    constexpr char kText[] = "wippy: crashed; the flight recorder is in ";
    constexpr char kCut[] = " (cut short)";
    static_cast<void>(put(STDERR_FILENO, kText, sizeof kText - 1) && put(STDERR_FILENO, g_path, std::strlen(g_path)) &&
                      (whole || put(STDERR_FILENO, kCut, sizeof kCut - 1)) && put(STDERR_FILENO, "\n", 1));
  }
  std::raise(signal);
}

}  // namespace

bool write_raw_flight(const FlightRings& rings, uint64_t now_ns, int fd) noexcept {
  const uint32_t count = rings.count();
  bool ok = put(fd, kMagic, sizeof kMagic) && put(fd, &now_ns, sizeof now_ns) && put(fd, &count, sizeof count);
  for (uint32_t i = 0; i < count && ok; ++i) {
    const FlightRingBase& r = rings.at(i);
    RingHeader h{r.index(), r.words(), r.raw_cursor(), {}};
    std::memcpy(h.label, r.label(), kLabelBytes);
    ok = put(fd, &h, sizeof h) && put(fd, r.raw(), std::size_t{r.words()} * sizeof(uint64_t));
  }
  return ok;
}

bool read_raw_flight(std::istream& in, FlightCapture& capture, std::string& error) {
  char magic[sizeof kMagic] = {};
  in.read(magic, sizeof magic);
  if (!in || std::memcmp(magic, kMagic, sizeof kMagic) != 0) return error = "not a flight recording", false;
  uint32_t count = 0;
  if (!get(in, capture.now_ns) || !get(in, count)) return error = "the file ends in its header", false;
  if (count > FlightRings::kMost) return error = "an impossible number of rings", false;
  for (uint32_t i = 0; i < count; ++i) {
    const std::string which = "ring " + std::to_string(i);
    RingHeader h{};
    if (!get(in, h)) return error = "the file ends in the header of " + which, false;
    if (h.index != i) return error = which + " has another number", false;
    if (h.words == 0 || (h.words & (h.words - 1)) != 0 || h.words > kMostWords)
      return error = which + " has an impossible size", false;
    if (h.cursor > FlightRing::kMostValue >> FlightRing::kRingBits)
      return error = which + " has an impossible position", false;
    std::vector<uint64_t> ring;
    if (!get_words(in, h.words, ring)) return error = "the file ends in " + which, false;
    FlightTrack t;
    t.index = h.index;
    t.label.assign(h.label, strnlen(h.label, kLabelBytes));
    // The thread that crashed had stopped; of another one the oldest word may be of its next lap.
    t.events.first = h.cursor >= h.words ? h.cursor - h.words + 1 : 0;
    for (uint64_t at = t.events.first; at < h.cursor; ++at) t.events.words.push_back(ring[at & (h.words - 1)]);
    capture.tracks.push_back(std::move(t));
  }
  if (in.peek() != std::istream::traits_type::eof()) return error = "something follows the last ring", false;
  return true;
}

void dump_flight_on_crash(const FlightRings* rings, const std::string& path) {
  if (rings == nullptr) {
    for (const int s : kCrashSignals) std::signal(s, SIG_DFL);
    return;
  }
  g_rings = rings;
  std::strncpy(g_path, path.c_str(), sizeof g_path - 1);
  for (const int s : kCrashSignals) std::signal(s, on_crash);
}

}  // namespace wippy::observe
