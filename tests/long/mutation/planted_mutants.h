// What planted kernels are compiled with (plant.py): every mutant of a file is in one program, and
// the environment variable FOVEA_MUTANT says which is alive. A comparison `a < b` is planted as
// `a < Compare<kLess, 12>{} > b`, which has the operator's precedence.
#pragma once

#include <type_traits>

namespace fovea_mutation {

// The mutant that is alive. A function, since kernels' loads are watched; const, so that a loop
// asks once.
[[gnu::const]] int alive() noexcept;

[[gnu::always_inline]] inline bool is_alive(int id) { return alive() == id; }

/// `value`, or of mutants id, id + 1: the others.
template <class T>
[[gnu::always_inline]] inline T value(int id, T value, std::type_identity_t<T> first,
                                      std::type_identity_t<T> second) {
  return alive() == id ? first : alive() == id + 1 ? second : value;
}

enum Operator { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual };

template <Operator kOperator, class A, class B>
[[gnu::always_inline]] inline bool compare(A a, B b) {
  if constexpr (kOperator == kLess) return a < b;
  if constexpr (kOperator == kLessEqual) return a <= b;
  if constexpr (kOperator == kGreater) return a > b;
  if constexpr (kOperator == kGreaterEqual) return a >= b;
  if constexpr (kOperator == kEqual) return a == b;
  if constexpr (kOperator == kNotEqual) return a != b;
}

/// Mutants kId: always true, kId + 1: always false, kId + 2: kOther in place of kOperator.
template <Operator kOperator, Operator kOther, int kId>
struct Compare {
  template <class A>
  struct Left {
    A a;

    template <class B>
    [[gnu::always_inline]] bool with(B b) const {
      if (alive() == kId) return true;
      if (alive() == kId + 1) return false;
      if (alive() == kId + 2) return compare<kOther>(a, b);
      return compare<kOperator>(a, b);
    }
    template <class B>
    [[gnu::always_inline]] bool operator>(B b) const {
      return with(b);
    }
    template <class B>
    [[gnu::always_inline]] friend bool operator==(Left left, B b) {
      return left.with(b);
    }
  };
};
template <class A, Operator kOperator, Operator kOther, int kId>
[[gnu::always_inline]] inline auto operator<(A a, Compare<kOperator, kOther, kId>) {
  return typename Compare<kOperator, kOther, kId>::template Left<A>{a};
}
template <class A, Operator kOperator, Operator kOther, int kId>
[[gnu::always_inline]] inline auto operator==(A a, Compare<kOperator, kOther, kId>) {
  return typename Compare<kOperator, kOther, kId>::template Left<A>{a};
}

/// `++a == b` of a ring. Mutants kId: one later, kId + 1: one earlier.
template <int kId>
struct Wrap {
  template <class A>
  struct Left {
    A a;
    template <class B>
    [[gnu::always_inline]] friend bool operator==(Left left, B b) {
      return left.a == value<B>(kId, b, b + 1, b - 1);
    }
  };
};
template <class A, int kId>
[[gnu::always_inline]] inline auto operator==(A a, Wrap<kId>) {
  return typename Wrap<kId>::template Left<A>{a};
}

/// `a % b`. Mutant kId: a.
template <int kId>
struct Remainder {
  template <class A>
  struct Left {
    A a;
    template <class B>
    [[gnu::always_inline]] friend auto operator%(Left left, B b) {
      return alive() == kId ? static_cast<decltype(left.a % b)>(left.a) : left.a % b;
    }
  };
};
template <class A, int kId>
[[gnu::always_inline]] inline auto operator%(A a, Remainder<kId>) {
  return typename Remainder<kId>::template Left<A>{a};
}

}  // namespace fovea_mutation
