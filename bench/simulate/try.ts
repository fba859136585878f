import { allScenarios } from './scenarios.ts';
import { simulate } from './world.ts';
const re = new RegExp(process.argv[2] ?? '.');
let total = 0;
for (const s of allScenarios(1)) {
  if (!re.test(s.name)) continue;
  const t = performance.now();
  const m = simulate(s, 1);
  total += performance.now() - t;
  console.log(s.name.padEnd(28), `${((performance.now() - t) / 1000).toFixed(1)}s`, 'n', m.requests, 'over', m.over_admission, 'unused', m.unused_share, 'calls', m.ring_calls_per_1000, 'waits', m.waits_per_1000, 'c/s', m.ring_calls_per_second, 'pk', m.ring_calls_peak, 'x', m.ring_calls_to_least, 'fail', m.failed_share, m.failed_at_start, 'p99', m.wait_p99_ms, 'bey', m.wait_beyond_ms, 'jain', m.fairness, 'rev', m.revocation_delay_s);
}
console.log(total);
