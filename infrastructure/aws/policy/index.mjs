// Pulumi runs packs through ts-node, whatever PulumiPolicy.yaml says, which cannot read our TypeScript: from here on Node reads it.
import "./pack.ts";
