/** Examples of commands about repositories, pipelines and formats of others. */
export const CONFIGURATION = {
  init: ['', '--no-input --project shop --owner payments --template backend --pipeline github'],
  'config plan': ['', '--from flagmarshal/flags/new-checkout.yaml -o json'],
  'config apply': ['', '--draft "the sale begins"'],
  'config export': ['', '--output flagmarshal --force'],
  'config schema': 'Flag',
  codegen: [
    'node -e production --output src/flags.ts',
    'react --manifest flags.json --output src/flags.ts --check',
  ],
  export: ['-e production', '--format manifest -e production --output flags.json'],
  import: 'flags.json -e staging --owner payments --dry-run',
  'gate check': ['new-checkout', 'new-checkout --gate stage:2 --wait 30m'],
  'gate break': 'new-checkout --reason "the shop is down without it" --minutes 30',
  'gate broken': 'new-checkout',
  'gate review': 'new-checkout glass_4k2 --note "right, and the test is written"',
  'docs build': ['new-checkout', 'new-checkout --out documents'],
  'docs show': 'new-checkout rollout-plan',
  'docs publish': 'new-checkout',
  'docs history': 'new-checkout',
  'docs repository': ['', '--remote https://git.shop.example/ops/docs.git --path features'],
  mcp: '--project shop',
} as const
