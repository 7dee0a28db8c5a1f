#include "librestore/core/error.h"

#include <cerrno>
#include <system_error>

namespace restore {
namespace {

const char* advice(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "; free some space and run again";
    case EACCES:
    case EPERM:
    case EROFS:
      return "; check the permissions of the file and its folder";
    case ENAMETOOLONG:
      return "; choose a shorter name";
    default:
      return "";
  }
}

}  // namespace

Error file_error(const std::string& path, const std::string& action, int error_number) {
  // std::strerror is not safe to call from several threads; the category's message is.
  return item_error("{}: {}: {}{}", path, action, std::generic_category().message(error_number),
                    advice(error_number));
}

}  // namespace restore
