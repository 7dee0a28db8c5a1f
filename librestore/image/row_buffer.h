// Rows of a picture as its file holds them, sliding from top to bottom.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

namespace restore {

// Holds rows [begin, end) of `bytes` each; both only grow.
class RowBuffer {
 public:
  explicit RowBuffer(std::size_t bytes) : bytes_(bytes) {}

  std::int64_t begin() const { return begin_; }
  std::int64_t end() const { return end_; }
  std::byte* row(std::int64_t y) const { return rows_.get() + (y - begin_) * bytes_; }

  // Forgets the rows before `begin`, makes room up to `end`.
  void slide(std::int64_t begin, std::int64_t end) {
    begin = std::max(begin, begin_);
    const std::int64_t kept = std::max<std::int64_t>(end_ - begin, 0);
    if (end - begin > capacity_) {
      capacity_ = end - begin;
      auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity_ * bytes_);
      if (kept > 0) std::memcpy(larger.get(), row(begin), kept * bytes_);
      rows_ = std::move(larger);
    } else if (kept > 0 && begin > begin_) {
      std::memmove(rows_.get(), row(begin), kept * bytes_);
    }
    begin_ = begin;
    end_ = begin + kept;
  }
  void extend(std::int64_t end) { end_ = std::max(end_, end); }

 private:
  std::size_t bytes_;
  std::unique_ptr<std::byte[]> rows_;
  std::int64_t capacity_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace restore
