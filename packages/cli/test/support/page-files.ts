/** Files of other tools, as small as their importers take them, for the pages about coming from there. */

/** What the SDK of GrowthBook polls, and what its REST API lists. */
export const GROWTHBOOK = {
  'growthbook.json': JSON.stringify({ features: { 'gift-wrap': { defaultValue: false, rules: [] } } }),
  'features.json': JSON.stringify({
    features: [
      {
        id: 'gift-card',
        environments: { production: { enabled: true, definition: '{"defaultValue": true, "rules": []}' } },
      },
    ],
  }),
}

/** A flag file of GO Feature Flag. */
export const GOFF = {
  'flag-config.goff.yaml':
    'quick-search:\n  variations: { A: true, B: false }\n  defaultRule: { variation: B }\n',
}

/** What an SDK of LaunchDarkly polls. */
export const LAUNCHDARKLY = {
  'launchdarkly.json': JSON.stringify({
    flags: {
      'new-footer': {
        key: 'new-footer',
        on: true,
        variations: [true, false],
        offVariation: 1,
        fallthrough: { variation: 0 },
        salt: 's',
        version: 1,
      },
    },
    segments: {},
  }),
}

const strategy = { name: 'default', parameters: {}, constraints: [] }

/** What an SDK of Unleash polls, and a list whose features carry their environments. */
export const UNLEASH = {
  'features.json': JSON.stringify({
    version: 2,
    features: [{ name: 'newMenu', type: 'release', enabled: true, strategies: [strategy] }],
  }),
  'state.json': JSON.stringify({
    version: 2,
    features: [
      {
        name: 'oldMenu',
        type: 'release',
        environments: [{ name: 'production', enabled: true, strategies: [strategy] }],
      },
    ],
  }),
}

/** A definition of flagd. */
export const FLAGD = {
  'flags.json': JSON.stringify({
    flags: {
      'new-search': {
        state: 'ENABLED',
        variants: { on: true, off: false },
        defaultVariant: 'off',
        targeting: {},
      },
    },
  }),
}
