// What the items of a batch that are in flight divide among them: threads and memory.
//
// An item that needs a fraction f of the memory gets the fraction f of the threads too, rounded up: many
// small pictures run side by side with a thread each, a picture that takes all memory has all threads.
// Where fewer items are left than threads are free, those that come share what is free.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace restore {

class Resources {
 public:
  // `bytes` to divide; `items` are to come.
  Resources(int threads, std::int64_t bytes, std::int64_t items);

  // An item's part, given back at its end.
  class Share {
   public:
    ~Share() { owner_.give_back(threads_, bytes_); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    int threads() const { return threads_; }

   private:
    friend class Resources;
    Share(Resources& owner, int threads, std::int64_t bytes)
        : owner_(owner), threads_(threads), bytes_(bytes) {}
    Resources& owner_;
    int threads_;
    std::int64_t bytes_;
  };

  // Waits for its turn: first come, first served, so that many small items cannot keep a large one
  // waiting. What needs more than there is gets all there is.
  Share reserve(std::int64_t bytes);
  // An item has ended, whether or not it ever reserved anything.
  void item_ended();

 private:
  void give_back(int threads, std::int64_t bytes);

  const int threads_;
  const std::int64_t bytes_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  int free_threads_;
  std::int64_t free_bytes_;
  std::int64_t to_come_;      // items that have not ended
  std::int64_t holders_ = 0;  // of shares
  std::uint64_t next_ticket_ = 0, served_ = 0;
};

}  // namespace restore
