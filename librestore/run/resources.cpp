#include "librestore/run/resources.h"

#include <algorithm>

namespace restore {

Resources::Resources(int threads, std::int64_t bytes, std::int64_t items)
    : threads_(std::max(threads, 1)),
      bytes_(std::max<std::int64_t>(bytes, 1)),
      free_threads_(threads_),
      free_bytes_(bytes_),
      to_come_(items) {}

Resources::Share Resources::reserve(std::int64_t bytes) {
  bytes = std::clamp<std::int64_t>(bytes, 0, bytes_);
  // So that the threads of many items cannot run out before their memory does.
  const double fraction = static_cast<double>(bytes) / static_cast<double>(bytes_);
  const int least = std::max(static_cast<int>(fraction * threads_), 1);
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  changed_.wait(
      lock, [&] { return ticket == served_ && bytes <= free_bytes_ && least <= free_threads_; });
  ++served_;
  const std::int64_t fit = free_bytes_ / std::max<std::int64_t>(bytes, 1);
  const std::int64_t beside = std::max<std::int64_t>(std::min(fit, to_come_ - holders_), 1);
  const int threads = std::max(least, static_cast<int>(free_threads_ / beside));
  ++holders_;
  free_threads_ -= threads;
  free_bytes_ -= bytes;
  changed_.notify_all();
  return {*this, threads, bytes};
}

void Resources::Share::only_writes(std::int64_t bytes) {
  const std::int64_t kept = std::min(bytes, bytes_);
  owner_.give_back(threads_, bytes_ - kept, false);
  threads_ = 0;
  bytes_ = kept;
}

void Resources::give_back(int threads, std::int64_t bytes, bool all) {
  const std::lock_guard lock(mutex_);
  if (all) --holders_;
  free_threads_ += threads;
  free_bytes_ += bytes;
  changed_.notify_all();
}

void Resources::item_ended() {
  const std::lock_guard lock(mutex_);
  --to_come_;
}

}  // namespace restore
