-- What every run says at its end, for a program: requests, those that failed, seconds, and microseconds of waiting.
function done(summary, latency, _)
  local failed = summary.errors
  io.write(string.format(
    "result %d %d %.6f %d %d %d\n",
    summary.requests,
    failed.status + failed.connect + failed.read + failed.write + failed.timeout,
    summary.duration / 1e6,
    latency:percentile(50),
    latency:percentile(99),
    latency.max
  ))
end
