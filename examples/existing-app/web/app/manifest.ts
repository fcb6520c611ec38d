import type { MetadataRoute } from "next";

export default function manifest(): MetadataRoute.Manifest {
  return {
    name: "Harbour",
    start_url: "/projects",
    display: "standalone",
    icons: [{ src: "/images/harbour.png", sizes: "320x200", type: "image/png" }],
  };
}
