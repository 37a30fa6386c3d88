//! A table whose entries have names that are never used twice.

use std::fmt;

/// Names an entry: its place, and how often the place was used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id(pub(crate) u64);

impl Id {
    const fn new(place: u32, generation: u32) -> Self {
        Self((generation as u64) << 32 | place as u64)
    }

    const fn place(self) -> usize {
        (self.0 & 0xFFFF_FFFF) as usize
    }

    const fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.place(), self.generation())
    }
}

/// The table. Places are used again; memory is kept for the highest number of entries there ever were.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    places: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
        }
    }

    /// How many entries.
    pub(crate) const fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(crate) fn insert(&mut self, value: T) -> Id {
        if let Some(place) = self.free.pop() {
            let (generation, entry) = &mut self.places[place as usize];
            *entry = Some(value);
            return Id::new(place, *generation);
        }
        let place = u32::try_from(self.places.len()).expect("tables are bounded far below 2^32");
        self.places.push((1, Some(value)));
        Id::new(place, 1)
    }

    pub(crate) fn get(&self, id: Id) -> Option<&T> {
        let (generation, entry) = self.places.get(id.place())?;
        (*generation == id.generation()).then_some(entry.as_ref())?
    }

    pub(crate) fn get_mut(&mut self, id: Id) -> Option<&mut T> {
        let (generation, entry) = self.places.get_mut(id.place())?;
        (*generation == id.generation()).then_some(entry.as_mut())?
    }

    pub(crate) fn remove(&mut self, id: Id) -> Option<T> {
        let (generation, entry) = self.places.get_mut(id.place())?;
        if *generation != id.generation() {
            return None;
        }
        let value = entry.take()?;
        // Zero is left out: no entry is ever named 0.0.
        *generation = generation.wrapping_add(1).max(1);
        self.free
            .push(u32::try_from(id.place()).expect("a place is a u32"));
        Some(value)
    }
}
