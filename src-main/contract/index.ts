/** What front ends and hosts use of the contract. */
export type { Channel } from './channel.ts';
export * from './client.ts';
export * from './errors.ts';
export * from './groups/common.ts';
export * from './groups/copy.ts';
export * from './groups/drives.ts';
export * from './groups/jobs.ts';
export * from './groups/probes.ts';
export * from './groups/settings.ts';
export * from './groups/system.ts';
export { helperErrorClass, type HelperErrorClass, type HelperErrorCode } from './helper-errors.gen.ts';
export * from './memory-channel.ts';
export * from './replica.ts';
export * from './schema.ts';
export * from './server.ts';
export * from './snapshot.ts';
export * from './timers.ts';
export { maxMessageBytes, type ServerHello } from './wire.ts';
