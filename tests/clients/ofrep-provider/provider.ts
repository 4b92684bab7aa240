/** The published provider, from where it has the version of ofrep-core that it needs. */
export { OFREPProvider } from '@openfeature/ofrep-provider'
