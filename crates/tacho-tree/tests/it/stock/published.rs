//! Given leaves, gives the folder a log would publish: C2SP `tlog-tiles` on disk.

use std::path::{Path, PathBuf};

use tacho_tree::{Bundle, Head, Levels, Tile};

use crate::sample::{head, leaves, note, tree};

/// A published log in a folder of its own under the target directory.
pub(crate) struct Published {
    pub(crate) dir: PathBuf,
    pub(crate) tree: Levels,
    pub(crate) head: Head,
}

impl Published {
    /// Publishes the first `count` sample leaves, with older notes beside the checkpoint.
    pub(crate) fn new(name: &str, count: u64) -> Published {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if dir.exists() {
            std::fs::remove_dir_all(&dir).unwrap();
        }
        let leaves = leaves(count as usize);
        let tree = tree(&leaves);
        let published = Published { dir, head: head(&tree, count), tree };
        published.write("checkpoint", note(published.head).to_string().as_bytes());
        for tile in Tile::all(count, 0) {
            published.write(&tile.to_string(), &tile.read(&published.tree).unwrap());
            if let Some(bundle) = tile.bundle() {
                let from = bundle.first_leaf() as usize;
                let some = leaves[from..from + usize::from(bundle.width())].iter();
                let bytes = Bundle::encode(some.map(Vec::as_slice)).unwrap();
                published.write(&bundle.to_string(), &bytes);
            }
        }
        let older = [1, 2, 3, 200, 255, 256, 257, count / 3, count / 2, 65_535, 65_536, 65_537];
        for size in older.into_iter().filter(|size| (1..=count).contains(size)) {
            let head = head(&published.tree, size);
            published.write(&format!("older/{size}"), note(head).to_string().as_bytes());
        }
        published
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let file = self.dir.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.dir.join(path)).unwrap()
    }

    pub(crate) fn flip(&self, path: &str, bit: usize) {
        let mut bytes = self.read(path);
        bytes[bit / 8] ^= 1 << (bit % 8);
        self.write(path, &bytes);
    }
}
