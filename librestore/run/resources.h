// What the items of a batch that are in flight divide among them: threads and memory.
//
// An item gets as many threads as are free, divided by the number of items of its size that may
// come to work beside it: as many as fit in what memory is free, and as are left. Many small
// pictures run side by side with a thread each, a picture that leaves no room for another has all
// threads, and the last ones share what is free. To be written an item needs none: the next one
// works meanwhile.
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
    ~Share() { owner_.give_back(threads_, bytes_, true); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    int threads() const { return threads_; }
    // All but `bytes` are given back, and all threads: what is left is to write the result.
    void only_writes(std::int64_t bytes);

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
  void give_back(int threads, std::int64_t bytes, bool all);

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
