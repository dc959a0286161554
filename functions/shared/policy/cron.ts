/** The parser of cron expressions. Bundles load it when a policy has the first change window. */
export { Cron } from 'croner';
