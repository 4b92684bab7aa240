/**
 * Mantine's theme. Calm and dense: the primary colour is ink, so that only states have colour.
 * Colours that carry text are those of `styles.css`, each at least 4.5:1 on its ground.
 */
import { createTheme, defaultVariantColorsResolver } from '@mantine/core'
import type { MantineColorsTuple } from '@mantine/core'

const ink: MantineColorsTuple = [
  '#f3f4f6',
  '#e6e8eb',
  '#cfd3d9',
  '#b3b9c2',
  '#8f97a3',
  '#6b7380',
  '#4a515c',
  '#333942',
  '#22262d',
  '#16181d',
]

export const theme = createTheme({
  primaryColor: 'ink',
  primaryShade: { light: 8, dark: 1 },
  // Filled with ink in either theme: the ground is the text's colour, the text the ground's.
  variantColorResolver: (input) =>
    input.variant === 'filled' && (input.color === undefined || input.color === 'ink')
      ? {
          background: 'var(--fm-ink)',
          hover: 'color-mix(in srgb, var(--fm-ink) 86%, var(--fm-surface))',
          color: 'var(--fm-surface)',
          border: 'none',
        }
      : defaultVariantColorsResolver(input),
  colors: { ink },
  defaultRadius: 'sm',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.25rem' }, h2: { fontSize: '0.9375rem' } } },
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm', autosize: true, minRows: 2 } },
    Select: { defaultProps: { size: 'sm', allowDeselect: false } },
    Modal: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
  },
})
