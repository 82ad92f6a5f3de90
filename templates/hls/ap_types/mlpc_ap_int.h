// Integers of any width up to 64 bits, and streams, for simulation by an ordinary C++14 compiler: as much of the vendors' ap_int.h
// and hls_stream.h as the emitted code uses. nnet_types.h includes it only where the vendor's headers are not there.
#ifndef MLPC_AP_INT_H_
#define MLPC_AP_INT_H_

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <type_traits>

// The W low bits of a value, read as two's complement when S is set. Arithmetic is done in long long; storing wraps, as the
// vendors' types do.
template <int W, bool S> class mlpc_ap {
    static_assert(W >= 1 && W <= 64, "1 to 64 bits");

  public:
    mlpc_ap() = default;
    mlpc_ap(long long x) : value(wrap(x)) {}
    operator long long() const { return value; }

    mlpc_ap &operator+=(long long x) { return *this = mlpc_ap(value + x); }
    mlpc_ap &operator-=(long long x) { return *this = mlpc_ap(value - x); }
    mlpc_ap &operator++() { return *this += 1; }

  private:
    static constexpr unsigned long long mask = W == 64 ? ~0ULL : (1ULL << (W % 64)) - 1;
    static constexpr unsigned long long sign = S ? 1ULL << (W - 1) : 0;

    static long long wrap(long long x) {
        const unsigned long long low = static_cast<unsigned long long>(x) & mask;
        return static_cast<long long>((low ^ sign) - sign);
    }

    // The narrowest type that holds W bits keeps arrays small.
    typename std::conditional<(W + !S <= 8), signed char,
        typename std::conditional<(W + !S <= 16), short,
            typename std::conditional<(W + !S <= 32), int, long long>::type>::type>::type value;
};

template <int W> using ap_int = mlpc_ap<W, true>;
template <int W> using ap_uint = mlpc_ap<W, false>;

namespace hls {

// A queue without limit; reading from an empty one is a bug in the design and ends the simulation.
template <class T> class stream {
  public:
    explicit stream(const char *name = "") : label(name) {}
    stream(const stream &) = delete;
    stream &operator=(const stream &) = delete;

    bool empty() const { return queue.empty(); }
    void write(const T &x) { queue.push_back(x); }

    T read() {
        if (queue.empty()) {
            std::fprintf(stderr, "stream %s is read while it is empty\n", label);
            std::abort();
        }
        T x = queue.front();
        queue.pop_front();
        return x;
    }

  private:
    const char *label;
    std::deque<T> queue;
};

} // namespace hls

#endif
