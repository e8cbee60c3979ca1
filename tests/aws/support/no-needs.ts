import type { ModelNeeds } from "../../../infrastructure/aws/model-needs.ts";

/** Of a config that is answered in the service itself. */
export const NO_NEEDS: ModelNeeds = {
  bedrockModels: [],
  bedrockProfiles: [],
  rerankers: [],
  kendraIndexes: [],
  snapshots: [],
  vendors: [],
  endpointServices: [],
  vendorsOutside: false,
};
